import { serveEngine } from "./decide/served-engine.ts";
import type { Deps } from "./deps.ts";
import { createRouterEngine } from "./engines/embedded/router-engine.ts";
import { createRegistry } from "./engines/registry.ts";
import { createVllmEngine } from "./engines/vllm/vllm-engine.ts";
import type { Env } from "./env.ts";
import { createDecisionsEngine } from "./engines/decisions/decisions-engine.ts";
import { createShortlist } from "./engines/decisions/shortlist.ts";
import { traitsOf } from "./engines/decisions/traits.ts";
import { createMetrics } from "./metrics.ts";
import type { Service } from "./service.ts";

/** Puts the service together: the embedded engine always, and one engine for each configured deployment. */
export function createService(env: Env, deps: Deps): Service {
  const shared = { queueLimit: env.QUEUE_LIMIT, policyCacheBytes: env.POLICY_CACHE_BYTES, now: deps.now };
  const router = createRouterEngine({
    threads: env.EMBEDDED_THREADS,
    turnCacheBytes: env.TURN_CACHE_BYTES,
    now: deps.now,
  });
  const embedded = serveEngine(router, {
    ...shared,
    calibration: env.CALIBRATION["embedded"],
    concurrency: env.EMBEDDED_CONCURRENCY,
  });
  const shortlist = createShortlist(embedded);
  const deployed = env.ENGINES.map((deployment) => {
    const options = {
      ...shared,
      calibration: env.CALIBRATION[deployment.name] ?? deployment.calibration,
      concurrency: deployment.concurrency,
    };
    return deployment.kind === "decisions"
      ? serveEngine(createDecisionsEngine(deployment, shortlist, deps), { ...options, traits: traitsOf(deployment) })
      : serveEngine(createVllmEngine(deployment, deps), options);
  });
  const registry = createRegistry([embedded, ...deployed], env.DEFAULT_ENGINE);
  return { env, deps, registry, metrics: createMetrics(registry.all) };
}
