import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { respond } from "../http/respond.ts";
import { pointer } from "../http/validation-hook.ts";
import { unstorable } from "./storable.ts";

/**
 * Refuses JSON bodies that could not be stored as they are, before a schema recurses into them. A body that says nothing
 * of its type is JSON, an absent one included: it would else count as `{}`, and a write be answered as done.
 */
export const storableBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== "GET" && c.req.header("content-type") === undefined) {
    const headers = new Headers(c.req.raw.headers);
    headers.set("content-type", "application/json");
    c.req.raw = new Request(c.req.raw, { headers });
  }
  if (c.req.method !== "GET" && /\bjson\b/i.test(c.req.header("content-type") ?? "")) {
    // Hono keeps the parsed body; malformed JSON is answered where the body is validated.
    const body: unknown = await c.req.json().catch(() => null);
    const findings = unstorable(body);
    if (findings.length > 0) {
      const errors = findings.map(({ path, detail }) => ({ pointer: pointer(path), detail }));
      return respond(c, { code: "validation_failed", errors });
    }
  }
  await next();
  return undefined;
};
