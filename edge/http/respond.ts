import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ERRORS, type Refusal } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/** Answers a refusal in the caller's dialect: problem+json (RFC 9457) under `/api/`, else OpenAI's error object. */
export function respond(c: Context<AppEnv>, refusal: Refusal): Response {
  const row = ERRORS[refusal.code];
  const status = row.status as ContentfulStatusCode;
  const message = refusal.message ?? row.message;
  const requestId = c.get("requestId");
  const headers: Record<string, string> = { ...refusal.headers };
  if (refusal.retryAfterSeconds !== undefined) headers["retry-after"] = String(Math.ceil(refusal.retryAfterSeconds));
  if (status === 401) headers["www-authenticate"] ??= "Bearer";
  if (c.req.path.startsWith("/api/")) {
    return c.body(JSON.stringify(problem(refusal, row.status, row.message, requestId)), status, {
      ...headers,
      "content-type": "application/problem+json",
    });
  }
  const error = { message, type: row.type, param: refusal.param ?? null, code: refusal.code, request_id: requestId };
  return c.json({ error }, status, headers);
}

function problem(refusal: Refusal, status: number, title: string, requestId: string): Record<string, unknown> {
  return {
    type: `urn:signalbox:error:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    ...(refusal.message !== undefined && { detail: refusal.message }),
    ...(refusal.param !== undefined && { param: refusal.param }),
    ...(refusal.errors !== undefined && { errors: refusal.errors }),
    ...(refusal.findings !== undefined && { findings: refusal.findings }),
    request_id: requestId,
  };
}
