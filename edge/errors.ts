import type { LogLevel } from "./log.ts";
import type { Finding } from "./routing/finding.ts";

interface ErrorRow {
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type: string;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean;
  readonly level: LogLevel;
  /** What the caller reads when the refusal carries no detail of its own. */
  readonly message: string;
}

/** Every code this service answers with. One row a code: nothing else decides a status or a public text. */
export const ERRORS = {
  invalid_api_key: row(401, "authentication_error", false, "info", "The API key is missing or not valid."),
  invalid_signature: row(401, "authentication_error", false, "info", "The message is not signed by this source."),
  insufficient_scope: row(403, "permission_error", false, "info", "This API key lacks the scope for this operation."),
  model_not_allowed: row(403, "permission_error", false, "info", "This API key may not use this model or router."),
  tenant_suspended: row(403, "permission_error", false, "info", "This tenant is suspended."),
  model_not_found: row(404, "invalid_request_error", false, "info", "The model or router does not exist."),
  not_found: row(404, "invalid_request_error", false, "info", "There is nothing at this address."),
  decision_pending: row(404, "invalid_request_error", true, "info", "This decision has not been written yet."),
  method_not_allowed: row(405, "invalid_request_error", false, "info", "This method is not allowed here."),
  conflict: row(409, "invalid_request_error", false, "info", "The object is in a state that does not allow this."),
  precondition_failed: row(412, "invalid_request_error", false, "info", "The object changed: read it again."),
  request_too_large: row(413, "invalid_request_error", false, "info", "The request body is too large."),
  unsupported_media_type: row(
    415,
    "invalid_request_error",
    false,
    "info",
    "This operation does not take this content type.",
  ),
  invalid_request_error: row(400, "invalid_request_error", false, "info", "The request is not valid."),
  no_capable_target: row(
    400,
    "invalid_request_error",
    false,
    "info",
    "No target of this router can serve the request.",
  ),
  idempotency_key_reused: row(
    422,
    "invalid_request_error",
    false,
    "info",
    "This Idempotency-Key came with another body.",
  ),
  gate_failed: row(
    422,
    "invalid_request_error",
    false,
    "info",
    "Too few golden turns are right: nothing is published.",
  ),
  too_few_golden_cases: row(422, "invalid_request_error", false, "info", "This router has too few golden cases."),
  evaluation_stale: row(
    422,
    "invalid_request_error",
    false,
    "info",
    "This needs a finished evaluation of the same draft.",
  ),
  validation_failed: row(422, "invalid_request_error", false, "info", "The document is not valid."),
  precondition_required: row(428, "invalid_request_error", false, "info", "This write needs an If-Match header."),
  rate_limit_exceeded: row(429, "rate_limit_error", true, "info", "Too many requests."),
  insufficient_quota: row(429, "insufficient_quota", false, "info", "The budget of this key or tenant is used up."),
  internal_error: row(500, "server_error", false, "error", "Something went wrong on our side."),
  provider_error: row(502, "server_error", true, "warn", "The upstream provider failed."),
  provider_auth_failed: row(
    502,
    "server_error",
    false,
    "warn",
    "The upstream provider refused the tenant's credential.",
  ),
  routing_unavailable: row(503, "server_error", true, "warn", "No routing decision could be made."),
  tenant_config_unavailable: row(503, "server_error", true, "error", "The configuration cannot be loaded right now."),
  service_unavailable: row(503, "server_error", true, "error", "The service cannot do this right now."),
  provider_timeout: row(504, "server_error", true, "warn", "The upstream provider did not answer in time."),
  loop_detected: row(508, "server_error", false, "warn", "The request came back to this service."),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** What a domain verb returns instead of a value when it says no. Routes give it the dialect of their surface. */
export interface Refusal {
  readonly code: ErrorCode;
  /** Overrides the public text; never holds a value of ours or a secret. */
  readonly message?: string;
  /** The request field at fault, in the caller's terms (`messages[0].role`). */
  readonly param?: string;
  readonly retryAfterSeconds?: number;
  /** Validation findings of the management surface; `pointer` is an RFC 6901 JSON pointer. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** What keeps a draft from being published, in full. */
  readonly findings?: readonly (Omit<Finding, "path"> & { readonly pointer: string })[];
  readonly headers?: Readonly<Record<string, string>>;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refuse = (code: ErrorCode, details: Omit<Refusal, "code"> = {}): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: { code, ...details },
});

/** Thrown only by infrastructure below a verb (database gone, bad cipher text); `onError` answers it by its code. */
export class ServiceError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.code, options);
    this.name = "ServiceError";
    this.refusal = refusal;
  }
}

function row(status: number, type: string, retryable: boolean, level: LogLevel, message: string): ErrorRow {
  return { status, type, retryable, level, message };
}
