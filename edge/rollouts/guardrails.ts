import { meanEvidence, type MeanLimit, type MomentsBatch } from "./mean-evidence.ts";
import { scoreEvidence, type ScoreLimit } from "./score-evidence.ts";
import { shareEvidence, type ShareLimit, type TallyBatch } from "./share-evidence.ts";

interface Measured<Kind extends string, Limit, Batch> {
  /** The guardrail as its owner named it. */
  readonly name: string;
  readonly kind: Kind;
  readonly limit: Limit;
  /** Its part of the false alarms, where another's is 1. */
  readonly weight?: number;
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

/** What is known of one guardrail by now. */
export interface GuardrailState {
  readonly guardrail: string;
  /** Waiting until the candidate has had enough requests; breached ones stay so. */
  readonly state: "waiting" | "holding" | "breached";
  /** The candidate's requests that were judged. */
  readonly requests: number;
  /** The chance of evidence as strong as the strongest so far, at any look, had the candidate kept to its limit. */
  readonly chance: number;
  /** The chance at which it is a breach. */
  readonly breach_at: number;
  /** Natural logarithm of the evidence after each batch. */
  readonly evidence: readonly number[];
}

/**
 * The first breach of any guardrail, null when there is none. May be asked after every batch: the false alarms of all
 * looks together stay below 5 %, shared among the guardrails by their weights (Bonferroni). Before the candidate has had
 * `minimumRequests` requests nothing is a breach.
 */
export function findBreach(guardrails: readonly Guardrail[], minimumRequests: number): Breach | null {
  const breaches = guardrails.flatMap((guardrail) => {
    const { evidence, breached } = look(guardrail, minimumRequests, partOf(guardrail, guardrails));
    const chance = Math.exp(-(evidence[breached] ?? 0));
    return breached === -1 ? [] : [{ guardrail: guardrail.name, batch: breached, chance }];
  });
  return breaches.sort((a, b) => a.batch - b.batch)[0] ?? null;
}

/** How each guardrail stands, by the same looks as `findBreach` takes. */
export function guardrailStates(guardrails: readonly Guardrail[], minimumRequests: number): GuardrailState[] {
  return guardrails.map((guardrail) => {
    const part = partOf(guardrail, guardrails);
    const { evidence, requests, breached } = look(guardrail, minimumRequests, part);
    return {
      guardrail: guardrail.name,
      state: breached !== -1 ? "breached" : requests < minimumRequests ? "waiting" : "holding",
      requests,
      chance: Math.exp(-evidence.reduce((most, log) => Math.max(most, log), 0)),
      breach_at: part,
      evidence,
    };
  });
}

const weightOf = ({ weight = 1 }: Guardrail): number => weight;

/** The chance at most that one guardrail raises a false alarm. */
function partOf(guardrail: Guardrail, all: readonly Guardrail[]): number {
  return (FALSE_ALARMS * weightOf(guardrail)) / all.reduce((sum, one) => sum + weightOf(one), 0);
}

/** The evidence after each batch, the candidate's requests in all, and the first batch that is a breach, or -1. */
function look(guardrail: Guardrail, minimumRequests: number, chance: number) {
  const enough = -Math.log(chance);
  const evidence = evidenceOf(guardrail);
  const counts = running(guardrail.batches.map(requestsOf));
  const breached = evidence.findIndex((log, index) => log >= enough && (counts[index] ?? 0) >= minimumRequests);
  return { evidence, requests: counts.at(-1) ?? 0, breached };
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
