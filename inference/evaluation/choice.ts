import type { DecideResponse, UnsureReason } from "../contract/index.ts";

/** Reasons for which the most probable option is nobody's choice. An engine that was `late` leaves another's to stand. */
const NOTHING_CHOSEN: ReadonlySet<UnsureReason> = new Set(["refused", "outside_options"]);

/** The most probable policy's name or `other`, of equals the first published one; null when the engine chose none. */
export function choiceOf({ scores, unsureReason }: DecideResponse): string | null {
  if (unsureReason !== undefined && NOTHING_CHOSEN.has(unsureReason)) return null;
  return scores.reduce((a, b) => (b.probability > a.probability ? b : a)).policy ?? "other";
}

export const printChoice = (choice: string | null): string => choice ?? "(no choice)";
