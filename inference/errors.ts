import type { DecideErrorCode } from "./contract/index.ts";

/** What an operation of this service returns instead of a value when it says no. */
export interface Refusal {
  readonly code: DecideErrorCode;
  /** Read by operators of the edge; never holds text of a conversation or a secret. */
  readonly message: string;
  /** The request field at fault, in the caller's terms (`policies.0.name`). */
  readonly param?: string;
  readonly retryAfterSeconds?: number;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export function refuse(
  code: DecideErrorCode,
  message: string,
  details: Omit<Refusal, "code" | "message"> = {},
): Refused {
  return { ok: false, refusal: { code, message, ...details } };
}

export const deadlineExceeded = (): Refused =>
  refuse("deadline_exceeded", "The deadline passed before a decision was made.");
