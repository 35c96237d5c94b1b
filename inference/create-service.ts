import { calibrationFor, unusedKeys } from "./decide/calibration.ts";
import type { CascadeDeployment } from "./decide/cascade-deployment.ts";
import { createCascade } from "./decide/cascade.ts";
import { serveEngine } from "./decide/served-engine.ts";
import type { ServedEngine, ServingOptions, Traits } from "./decide/served-engine.ts";
import type { Deps } from "./deps.ts";
import { createDecisionsEngine } from "./engines/decisions/decisions-engine.ts";
import { createShortlist } from "./engines/decisions/shortlist.ts";
import { traitsOf } from "./engines/decisions/traits.ts";
import { createRouterEngine } from "./engines/embedded/router-engine.ts";
import type { Engine } from "./engines/engine.ts";
import { createRegistry } from "./engines/registry.ts";
import { createVllmEngine } from "./engines/vllm/vllm-engine.ts";
import type { Env } from "./env.ts";
import { createMetrics } from "./metrics.ts";
import type { Service } from "./service.ts";

/** Puts the service together: the embedded engine always, one engine for each deployment, and cascades of these. */
export function createService(env: Env, deps: Deps): Service {
  const shared = { queueLimit: env.QUEUE_LIMIT, policyCacheBytes: env.POLICY_CACHE_BYTES, now: deps.now };
  const serve = <Prepared>(
    engine: Engine<Prepared>,
    { calibration, concurrency }: Pick<ServingOptions, "calibration" | "concurrency">,
    traits: Traits = {},
  ): ServedEngine => {
    const fitted = calibrationFor(env.CALIBRATION, engine) ?? calibration;
    return serveEngine(engine, { ...shared, concurrency, traits, calibration: fitted });
  };

  const ownModel = (options: { name: string; directory?: string | undefined; threads: number }) =>
    createRouterEngine({ ...options, turnCacheBytes: env.TURN_CACHE_BYTES, now: deps.now });
  const router = ownModel({ name: "embedded", threads: env.EMBEDDED_THREADS });
  const embedded = serve(router, { concurrency: env.EMBEDDED_CONCURRENCY });
  const shortlist = createShortlist(embedded);
  const serveDeployment = (deployment: Exclude<Env["ENGINES"][number], CascadeDeployment>): ServedEngine => {
    switch (deployment.kind) {
      case "decisions":
        return serve(createDecisionsEngine(deployment, shortlist, deps), deployment, traitsOf(deployment));
      case "embedded":
        return serve(ownModel(deployment), deployment);
      case "vllm":
        return serve(createVllmEngine(deployment, deps), deployment);
    }
  };
  const plain = new Map([[embedded.name, embedded]]);
  for (const deployment of env.ENGINES) {
    if (deployment.kind === "cascade") continue;
    plain.set(deployment.name, serveDeployment(deployment));
  }
  // Of another version of an engine an entry may well be kept; of none it is a typo.
  for (const key of unusedKeys(env.CALIBRATION, [...plain.keys()])) deps.log("warn", "calibration_unused", { key });
  const deployed = env.ENGINES.flatMap((deployment) => {
    if (deployment.kind !== "cascade") return plain.get(deployment.name) ?? [];
    const [first, second] = [plain.get(deployment.first), plain.get(deployment.second)];
    if (first === undefined || second === undefined) return [];
    const { name, escalateBelow } = deployment;
    return createCascade({ name, first, second, escalateBelow, ...deps });
  });
  const registry = createRegistry([embedded, ...deployed], env.DEFAULT_ENGINE);
  return { env, deps, registry, metrics: createMetrics(registry.all), life: { draining: false } };
}
