import { DECIDE_ERROR_STATUS } from "../contract/index.ts";
import type { DecideErrorBody } from "../contract/index.ts";
import type { Refusal } from "../errors.ts";
import type { AppContext } from "./app-env.ts";

/** Answers a refusal in the contract's shape and status. */
export function respond(c: AppContext, { code, message, param, retryAfterSeconds }: Refusal): Response {
  if (retryAfterSeconds !== undefined) c.header("retry-after", String(retryAfterSeconds));
  const body: DecideErrorBody = { error: { code, message, param: param ?? null } };
  return c.json(body, DECIDE_ERROR_STATUS[code]);
}
