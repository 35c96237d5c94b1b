import type { Context, MiddlewareHandler } from "hono";
import type { Refusal } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { decodeStrictly, NOT_UTF8 } from "../http/decode-strictly.ts";
import { respond } from "../http/respond.ts";
import { pointer } from "../http/validation-hook.ts";
import { unstorable } from "./storable.ts";

/**
 * Refuses JSON bodies that could not be stored as they are, before a schema recurses into them. A body that says nothing
 * of its type is JSON, an absent one included: it would else count as `{}`, and a write be answered as done.
 */
export const storableBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== "GET") {
    if (c.req.header("content-type") === undefined) typeAsJson(c);
    if (/\bjson\b/i.test(c.req.header("content-type") ?? "")) {
      const refusal = await refusalOf(c);
      if (refusal !== null) return respond(c, refusal);
    }
  }
  await next();
  return undefined;
};

function typeAsJson(c: Context<AppEnv>): void {
  const headers = new Headers(c.req.raw.headers);
  headers.set("content-type", "application/json");
  c.req.raw = new Request(c.req.raw, { headers });
}

/** Hono keeps the body that is read here; malformed JSON is answered where the body is validated. */
async function refusalOf(c: Context<AppEnv>): Promise<Refusal | null> {
  if (decodeStrictly(await c.req.arrayBuffer()) === null) {
    return { code: "invalid_request_error", message: NOT_UTF8 };
  }
  const findings = unstorable(await c.req.json().catch(() => null));
  if (findings.length === 0) return null;
  const errors = findings.map(({ path, detail }) => ({ pointer: pointer(path), detail }));
  return { code: "validation_failed", errors };
}
