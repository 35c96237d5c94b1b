import type { Refusal } from "../errors.ts";
import { idTime } from "../ids.ts";

/** Receipts are written after the answer: this long, one that is not there may still come. */
const PENDING_MS = 60_000;
/** How far the clocks of two isolates may be apart. */
const CLOCK_SKEW_MS = 5_000;

/**
 * How a decision that is not there is refused. Whether it is pending is read from the id's own time alone, so that the
 * answer is the same for an id that is nobody's and for one that is another tenant's.
 */
export function missingDecision(id: string, now: number): Refusal {
  const ageMs = now - idTime(id);
  const pending = ageMs > -CLOCK_SKEW_MS && ageMs < PENDING_MS;
  return pending ? { code: "decision_pending", retryAfterSeconds: 1 } : { code: "not_found" };
}
