import { prepareRequestSchema } from "../contract/index.ts";
import { readBody } from "../http/read-body.ts";
import { respond } from "../http/respond.ts";
import type { Handle } from "../service.ts";
import { reservedPolicy } from "./reserved-policy.ts";

/** `POST /v1/prepare`: warms a policy set, so that its first decision is not the slow one. */
export const prepareHandler: Handle =
  ({ env, registry, metrics }) =>
  async (c) => {
    const read = await readBody(c, prepareRequestSchema, env.MAX_BODY_BYTES);
    if (!read.ok) return respond(c, read.refusal);
    const { policies, engine: name } = read.value.body;
    metrics.unknownKeys.inc({ route: "/v1/prepare" }, read.value.unknownKeys);
    const found = registry.find(name);
    if (!found.ok) return respond(c, found.refusal);
    const reserved = reservedPolicy(policies);
    if (reserved !== null) return respond(c, reserved);
    const engine = found.value;
    c.set("engine", engine.name);
    const prepared = await engine.prepare(policies);
    if (!prepared.ok) return respond(c, prepared.refusal);
    return c.json({ policyDigest: prepared.value, engine: `${engine.name}@${engine.version}` });
  };
