import { similarityRequestSchema } from "../contract/index.ts";
import { readBody } from "../http/read-body.ts";
import { respond } from "../http/respond.ts";
import { ok } from "../errors.ts";
import type { Handle } from "../service.ts";

/** `POST /v1/similarity`: how alike the texts of policies are, for the lint of a draft. */
export const similarityHandler: Handle =
  ({ env, registry, metrics }) =>
  async (c) => {
    const read = await readBody(c, similarityRequestSchema, env.MAX_BODY_BYTES);
    if (!read.ok) return respond(c, read.refusal);
    const { policies, engine: name } = read.value.body;
    metrics.unknownKeys.inc({ route: "/v1/similarity" }, read.value.unknownKeys);
    const found = name === undefined || name === "default" ? ok(registry.comparing) : registry.find(name);
    if (!found.ok) return respond(c, found.refusal);
    const engine = found.value;
    c.set("engine", engine.name);
    const compared = await engine.similarity(policies);
    if (!compared.ok) return respond(c, compared.refusal);
    return c.json({ similarities: compared.value, engine: `${engine.name}@${engine.version}` });
  };
