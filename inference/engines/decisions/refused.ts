import { refuse } from "../../errors.ts";
import type { Refused } from "../../errors.ts";
import type { Attempt } from "../fleet/fleet.ts";

/** Milliseconds a server is left alone that will not serve anybody with this key, model or account. */
const LONG_REST_MS = 60_000;
/**
 * Codes of an account that is used up; Workers AI's 3036 is its daily allocation. Its 3040, out of capacity, passes.
 * Only where a code stands: a message may link to a page about billing, or quote a conversation about it.
 */
const SPENT = /"(?:code|type)":\s*(?:"(?:insufficient_quota|insufficient_credits|billing_\w+)"|"?3036\b)/i;
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
  // The key, the model's name or the address is wrong, or the model cannot decide (501): so it stays for a while. Not
  // 403, with which gateways and moderation refuse one text.
  if (status === 401 || status === 404 || status === 405 || status === 501) {
    return { verdict: "gone", result: unavailable, restMs: LONG_REST_MS };
  }
  // One odd question must not take a server from everybody else.
  if (status === 400 || status === 422) return { verdict: "done", result: unavailable };
  return { verdict: "troubled", result: unavailable };
}

const isSpent = (status: number, body: string): boolean => status === 402 || SPENT.test(body);
