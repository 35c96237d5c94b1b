import { FailureLimit } from "./failure-limit.ts";

/** How many 401s an address is given before it is asked to slow down. Valid keys that are in use never count. */
export interface AuthLimits {
  /** Refusals that cost nothing: malformed keys, keys known to be bad. */
  readonly refusals: FailureLimit;
  /** Keys that had to be looked up in the database and were not there. */
  readonly lookups: FailureLimit;
}

/** Limits of one isolate; generous, because many callers can share an address. */
export const createAuthLimits = (): AuthLimits => ({
  refusals: new FailureLimit({ burst: 500, perSecond: 50 }),
  lookups: new FailureLimit({ burst: 200, perSecond: 50 }),
});
