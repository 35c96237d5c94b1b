import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** What a client may give as `x-request-id` or as a conversation id. */
export const CLIENT_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes the client's `x-request-id` or makes one, and puts it on every answer. */
export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  const given = c.req.header("x-request-id");
  const accepted = given !== undefined && CLIENT_ID.test(given);
  const id = accepted ? given : c.get("deps").newId("request");
  c.set("requestId", id);
  if (given !== undefined && !accepted) {
    c.res = respond(c, {
      code: "invalid_request_error",
      message: "x-request-id must be 1 to 128 of A-Z a-z 0-9 . _ -",
      param: "x-request-id",
    });
  } else await next();
  c.res.headers.set("x-request-id", id);
});
