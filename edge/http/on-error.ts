import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Deps } from "../deps.ts";
import { ConfigurationError } from "../env.ts";
import { ERRORS, ServiceError, type ErrorCode, type Refusal } from "../errors.ts";
import { logToConsole } from "../log.ts";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** Answers whatever was thrown: infrastructure by its code, a malformed body as such, a bug with a fixed sentence. */
export function onError(error: unknown, c: Context<AppEnv>): Response {
  const refusal = refusalOf(error);
  // Without a valid configuration there are no deps: the answer must not need them.
  const deps = c.get("deps") as Deps | undefined;
  const log = deps?.log ?? logToConsole;
  log(ERRORS[refusal.code].level, "error", {
    request_id: c.get("requestId"),
    code: refusal.code,
    name: error instanceof Error ? error.name : typeof error,
    configuration: error instanceof ConfigurationError ? error.message : undefined,
    // Messages of drivers hold queries and parameters; the frames alone say where it happened.
    frames: error instanceof Error ? frames(error) : undefined,
  });
  return respond(c, refusal);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof ServiceError) return error.refusal;
  if (error instanceof HTTPException) return { code: codeOf(error.status), ...malformed(error.status) };
  return { code: "internal_error" };
}

function codeOf(status: number): ErrorCode {
  if (status === 400) return "invalid_request_error";
  if (status === 413) return "request_too_large";
  if (status === 415) return "unsupported_media_type";
  return status === 404 ? "not_found" : "internal_error";
}

const malformed = (status: number): Partial<Refusal> =>
  status === 400 ? { message: "The request body is not valid JSON." } : {};

function frames(error: Error): string {
  const lines = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return lines
    .slice(0, 5)
    .map((line) => line.trim())
    .join(" | ");
}
