import { decideRequestSchema } from "../contract/index.ts";
import { readBody } from "../http/read-body.ts";
import { respond } from "../http/respond.ts";
import type { Handle } from "../service.ts";
import { countDecision } from "./count-decision.ts";
import { reservedPolicy } from "./reserved-policy.ts";

/** `POST /v1/decide`: which policy the latest user turn needs. The deadline counts from the request's arrival. */
export const decideHandler: Handle =
  ({ deps, env, registry, metrics }) =>
  async (c) => {
    const read = await readBody(c, decideRequestSchema, env.MAX_BODY_BYTES);
    if (!read.ok) return respond(c, read.refusal);
    const { policies, conversation, engine: name, isolation = "", deadlineMs, ...wishes } = read.value.body;
    metrics.unknownKeys.inc({ route: "/v1/decide" }, read.value.unknownKeys);
    const found = registry.find(name);
    if (!found.ok) return respond(c, found.refusal);
    const reserved = reservedPolicy(policies);
    if (reserved !== null) return respond(c, reserved);
    const engine = found.value;
    c.set("engine", engine.name);

    const deadlineAt = c.get("arrivedAt") + deadlineMs;
    const deadline = deps.timeout(Math.max(0, Math.ceil(deadlineAt - deps.now())));
    const signal = AbortSignal.any([deadline, c.req.raw.signal]);
    const decided = await engine.decide(policies, { ...wishes, conversation, isolation, signal, deadlineAt });
    if (!decided.ok) {
      metrics.decisions.inc({ engine: engine.name, result: decided.refusal.code });
      return respond(c, decided.refusal);
    }
    countDecision(metrics, engine.name, decided.value);
    metrics.decisionSeconds.observe({ engine: engine.name }, (deps.now() - c.get("arrivedAt")) / 1000);
    return c.json(decided.value);
  };
