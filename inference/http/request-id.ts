import type { MiddlewareHandler } from "hono";
import { REQUEST_ID_HEADER } from "../contract/index.ts";
import type { Deps } from "../deps.ts";
import type { AppEnv } from "./app-env.ts";

const ACCEPTED = /^[A-Za-z0-9._-]{1,128}$/;

/** Keeps the caller's request id when it is well-formed, else makes one; stamps the arrival and echoes the id. */
export function requestId(deps: Pick<Deps, "newId" | "now">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header(REQUEST_ID_HEADER);
    const id = given !== undefined && ACCEPTED.test(given) ? given : deps.newId();
    c.set("requestId", id);
    c.set("arrivedAt", deps.now());
    c.header(REQUEST_ID_HEADER, id);
    await next();
  };
}
