import { meanEvidence, type MeanLimit, type MomentsBatch } from "./mean-evidence.ts";
import { scoreEvidence, type ScoreLimit } from "./score-evidence.ts";
import { shareEvidence, type ShareLimit, type TallyBatch } from "./share-evidence.ts";

interface Measured<Kind extends string, Limit, Batch> {
  /** The guardrail as its owner named it. */
  readonly name: string;
  readonly kind: Kind;
  readonly limit: Limit;
  /** In order of time; a batch is never looked at before it is complete. */
  readonly batches: readonly Batch[];
}

/** One thing that is watched: a share of requests (errors, slow ones), a mean (cost), or a mean score of feedback. */
export type Guardrail =
  | Measured<"share", ShareLimit, TallyBatch>
  | Measured<"mean", MeanLimit, MomentsBatch>
  | Measured<"score", ScoreLimit, MomentsBatch>;

export interface Breach {
  readonly guardrail: string;
  /** The first batch, from 0, after which the evidence was enough. */
  readonly batch: number;
  /** The chance of such evidence, at any look, had the candidate kept to its limit. */
  readonly chance: number;
}

/** The chance at most that a rollout is aborted whose candidate keeps to every limit, over all guardrails and looks. */
const FALSE_ALARMS = 0.05;

/**
 * The first breach of any guardrail, null when there is none. May be asked after every batch: the false alarms of all
 * looks together stay below 5 %, shared equally among the guardrails (Bonferroni). Before the candidate has had
 * `minimumRequests` requests nothing is a breach.
 */
export function findBreach(guardrails: readonly Guardrail[], minimumRequests: number): Breach | null {
  const enough = Math.log(guardrails.length / FALSE_ALARMS);
  const breaches = guardrails.flatMap((guardrail) => {
    const logs = evidenceOf(guardrail);
    const counts = running(guardrail.batches.map(requestsOf));
    const batch = logs.findIndex((log, index) => log >= enough && (counts[index] ?? 0) >= minimumRequests);
    return batch === -1 ? [] : [{ guardrail: guardrail.name, batch, chance: Math.exp(-(logs[batch] ?? 0)) }];
  });
  return breaches.sort((a, b) => a.batch - b.batch)[0] ?? null;
}

function evidenceOf(guardrail: Guardrail): number[] {
  switch (guardrail.kind) {
    case "share":
      return shareEvidence(guardrail.limit, guardrail.batches);
    case "mean":
      return meanEvidence(guardrail.limit, guardrail.batches);
    case "score":
      return scoreEvidence(guardrail.limit, guardrail.batches);
  }
}

const requestsOf = ({ candidate }: TallyBatch | MomentsBatch): number =>
  "requests" in candidate ? candidate.requests : candidate.count;

function running(counts: readonly number[]): number[] {
  let total = 0;
  return counts.map((count) => (total += count));
}
