import type { Context } from "hono";
import type { Result } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { respond } from "../http/respond.ts";
import { entityTag } from "./if-match.ts";

/** Answers a verb's result: its value as JSON, nothing for 204, or its refusal as problem+json. */
export function answer(
  c: Context<AppEnv>,
  result: Result<object>,
  status: 200 | 201 | 202 | 204 = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  if (!result.ok) return respond(c, result.refusal);
  if (status === 204) return c.body(null, status, { ...headers });
  return c.json(result.value, status, { ...headers });
}

/** The ETag header of a result that has a version. */
export const etagOf = (result: Result<{ readonly etag: string }>): Record<string, string> =>
  result.ok ? { etag: entityTag(result.value.etag) } : {};
