import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** Bytes a request body may have. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Refuses a body that announces itself as too large, before anyone is authenticated or a byte is read. */
export const contentLengthBound = createMiddleware<AppEnv>(async (c, next) => {
  const announced = Number(c.req.header("content-length") ?? "0");
  if (announced > MAX_BODY_BYTES) return respond(c, { code: "request_too_large" });
  await next();
});

/** Bounds bodies that come without a length; runs after authentication because it has to read them. */
export const chunkedBodyBound = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c: Context<AppEnv>) => respond(c, { code: "request_too_large" }),
});
