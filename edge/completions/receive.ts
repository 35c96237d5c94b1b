import type { Context } from "hono";
import type { z } from "zod";
import { ok, refuse, type Result } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { MAX_BODY_BYTES } from "../http/body-limit.ts";
import { decodeStrictly, NOT_UTF8 } from "../http/decode-strictly.ts";
import { CLIENT_ID } from "../http/request-id.ts";
import { firstFinding } from "../http/validation-hook.ts";
import { objectMembers } from "../upstream/json-members.ts";
import { isRecord } from "../upstream/usage.ts";
import { readBounded } from "../upstream/read-bounded.ts";
import type { Received } from "./chat-body.schema.ts";
import type { RequestContext } from "./request-context.ts";

/** Reads a request's body once, strictly, and checks what this service relies on. */
export async function receive<Body>(c: Context<AppEnv>, schema: z.ZodType<Body>): Promise<Result<Received<Body>>> {
  const conversation = c.req.header("x-signalbox-conversation");
  if (conversation !== undefined && !CLIENT_ID.test(conversation)) {
    return refuse("invalid_request_error", {
      message: "x-signalbox-conversation must be 1 to 128 of A-Z a-z 0-9 . _ -",
      param: "x-signalbox-conversation",
    });
  }
  const bytes = await bodyOf(c);
  if (bytes === null || bytes.byteLength > MAX_BODY_BYTES) return refuse("request_too_large");
  const text = decodeStrictly(bytes);
  if (text === null) return refuse("invalid_request_error", { message: NOT_UTF8 });
  const value = parseJson(text);
  if (value === undefined) return refuse("invalid_request_error", { message: "The request body is not valid JSON." });
  if (!isRecord(value)) return refuse("invalid_request_error", { message: "The request body must be a JSON object." });
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { ok: false, refusal: firstFinding(parsed.error.issues) };
  const members = objectMembers(text);
  if (members === null) return refuse("invalid_request_error", { message: "The request body is nested too deeply." });
  return ok({ body: parsed.data, members });
}

/** In one piece where its length has been said, and has been found to be small enough. */
function bodyOf(c: Context<AppEnv>): Promise<ArrayBuffer | Uint8Array | null> {
  const { raw } = c.req;
  return raw.headers.has("content-length") ? raw.arrayBuffer() : readBounded(raw.body, MAX_BODY_BYTES);
}

export function requestContext(c: Context<AppEnv>): RequestContext {
  return {
    requestId: c.get("requestId"),
    startedAt: c.get("startedAt"),
    authMs: c.get("authMs"),
    headers: c.req.raw.headers,
    signal: c.req.raw.signal,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}

/** Undefined for a text that is not JSON; JSON itself cannot say undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
