import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** Bytes a request body may have. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Bytes of a refused body that are taken and thrown away, so that its sender gets to read the refusal. */
const MAX_DISCARDED_BYTES = 4 * MAX_BODY_BYTES;

/** Refuses a body that announces itself as too large, before anyone is authenticated or anything of it is kept. */
export const contentLengthBound = createMiddleware<AppEnv>(async (c, next) => {
  const announced = Number(c.req.header("content-length") ?? "0");
  if (announced > MAX_BODY_BYTES) {
    if (announced <= MAX_DISCARDED_BYTES) await discard(c.req.raw.body);
    return respond(c, { code: "request_too_large" });
  }
  await next();
});

/** Most clients send all of a body before they read; a connection closed meanwhile is a broken pipe to them. */
async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  try {
    await body?.pipeTo(new WritableStream());
  } catch {
    // The sender is gone, and with it whoever would have read the refusal.
  }
}

/** Bounds bodies that come without a length; runs after authentication because it has to read them. */
export const chunkedBodyBound = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c: Context<AppEnv>) => respond(c, { code: "request_too_large" }),
});
