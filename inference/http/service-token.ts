import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

const digest = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Lets a request pass that bears one of `tokens`. Digests are compared, all of them each time, in constant time. */
export function requireServiceToken(tokens: readonly string[]): MiddlewareHandler<AppEnv> {
  const accepted = tokens.map(digest);
  return async (c, next) => {
    const given = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const presented = digest(given ?? "");
    const matches = accepted.filter((token) => timingSafeEqual(token, presented)).length;
    if (given === undefined || matches === 0) {
      c.header("www-authenticate", "Bearer");
      return respond(c, { code: "unauthorized", message: "The service token is missing or not valid." });
    }
    return next();
  };
}
