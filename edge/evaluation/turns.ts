import type { Reading } from "../routing/decision.ts";

/** A message of a conversation whose right policies are known. */
export interface KnownMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** What the engine said of a user message, before a router's settings; kept so that settings can be tried later. */
export type StoredReading =
  | {
      readonly scores: readonly { readonly policy: string | null; readonly probability: number }[];
      readonly unsure_reason: Extract<Reading, { scores: unknown }>["unsureReason"];
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
