import type { Reading } from "../routing/decision.ts";

/** A message of a conversation whose right policies are known. */
export interface KnownMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/**
 * What the engine said of a user message, before a router's settings; kept so that settings can be tried later. No
 * setting makes a policy win that is not the most probable one, so that one and `other` are all that is kept.
 */
export type StoredReading =
  | {
      readonly scores: readonly { readonly policy: string | null; readonly probability: number }[];
      readonly unsure_reason: Extract<Reading, { scores: unknown }>["unsureReason"];
      /** Probability of the policies that are not listed; absent when all are. */
      readonly unlisted?: number;
      /** `name@version`. */
      readonly engine: string;
    }
  | { readonly failed: string };

/** A conversation with what is right and what the engine said, one of each for every user message. */
export interface DecidedCase {
  readonly name: string | null;
  readonly golden_case: string | null;
  readonly expected: readonly (string | null)[];
  readonly readings: readonly StoredReading[];
}
