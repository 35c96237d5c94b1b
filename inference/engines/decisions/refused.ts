import { refuse } from "../../errors.ts";
import type { Refused } from "../../errors.ts";
import type { Attempt } from "../fleet/fleet.ts";

/** Milliseconds a server is left alone that will not serve anybody with this key, model or account. */
const LONG_REST_MS = 60_000;
/** Workers AI: the account's daily allocation is used up. Its 3040, out of capacity, passes. */
const ALLOCATION_USED_UP = "3036";
const SPENT = /insufficient_quota|insufficient_credits|billing/i;
const TOO_LONG =
  /(maximum|max\w*) (context|model|input|sequence)|too (long|many tokens)|context.length|exceeds.*tokens/i;

interface Answered {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly body: string;
}

/**
 * What an answer that is no decision means for this question and for the server that gave it. Codes are looked for
 * anywhere in the body: `{"error":{code,message}}`, `{"errors":[{code,message}]}`, `{"detail"}` and plain text occur.
 * The body may quote a conversation, so nothing of it is passed on.
 */
export function refusedBy(name: string, { status, retryAfterSeconds, body }: Answered): Attempt<Refused> {
  const unavailable = refuse("engine_unavailable", `The engine \`${name}\` does not answer as it should.`);
  if (isSpent(status, body)) {
    const result = refuse("engine_unavailable", `The account of the engine \`${name}\` is used up.`);
    return { verdict: "gone", result, restMs: LONG_REST_MS };
  }
  if ((status === 400 || status === 413 || status === 422) && (status === 413 || TOO_LONG.test(body))) {
    const message = `The conversation and the policies are too long for the engine \`${name}\`.`;
    return { verdict: "done", result: refuse("invalid_request", message, { param: "conversation" }) };
  }
  if (status === 429 || status === 503 || status === 529) {
    const message = `The servers of the engine \`${name}\` are at their limit.`;
    return { verdict: "elsewhere", result: refuse("overloaded", message, { retryAfterSeconds }) };
  }
  // The key, the model's name or the address is wrong, or the model cannot decide (501): so it stays for a while.
  if (status === 401 || status === 403 || status === 404 || status === 405 || status === 501) {
    return { verdict: "gone", result: unavailable, restMs: LONG_REST_MS };
  }
  // One odd question must not take a server from everybody else.
  if (status === 400 || status === 422) return { verdict: "done", result: unavailable };
  return { verdict: "troubled", result: unavailable };
}

function isSpent(status: number, body: string): boolean {
  if (status === 402) return true;
  return (
    (status === 429 || status === 403) &&
    (new RegExp(`"code":\\s*"?${ALLOCATION_USED_UP}\\b`).test(body) || SPENT.test(body))
  );
}
