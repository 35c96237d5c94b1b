import type { Verdict } from "../routing/decision.ts";
import { judge } from "../routing/judge.ts";
import { withOtherBias } from "../routing/other-bias.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import type { DecidedCase, StoredReading } from "./turns.ts";

/** A turn whose right policy is known, judged by settings. */
export interface ScoredTurn {
  readonly turn: number;
  readonly expected: string;
  /** A policy's name or `other`; null when the router was unsure or routing failed. */
  readonly got: string | null;
  readonly verdict: Verdict;
  readonly right: boolean;
}

/** The turns of a case that are scored: those of which something is expected. */
export function scoredTurns({ expected, readings }: DecidedCase, settings: RouterSettings): ScoredTurn[] {
  return expected.flatMap((wanted, turn): ScoredTurn[] => {
    if (wanted === null) return [];
    const verdict = verdictOf(readings[turn], settings);
    const got = verdict.outcome === "other" ? "other" : verdict.policy;
    return [{ turn, expected: wanted, got, verdict, right: got === wanted }];
  });
}

function verdictOf(read: StoredReading | undefined, settings: RouterSettings): Verdict {
  if (read === undefined || "failed" in read) return { outcome: null, policy: null, confidence: null };
  const { scores, unlisted, engine, unsure_reason: unsureReason } = read;
  const reading = { source: "engine", scores, unsureReason, engine, decideMs: 0 } as const;
  return judge(withOtherBias(reading, settings.other_bias ?? 0, unlisted), settings);
}
