import { findBreach, guardrailStates, type Breach, type Guardrail, type GuardrailState } from "./guardrails.ts";
import type { GuardrailsInput } from "./guardrails.schema.ts";
import type { Moments } from "./mean-evidence.ts";
import type { Tally } from "./share-evidence.ts";

/** What happened to the requests of one arm in one batch. */
export interface ArmBatch {
  /** Names the batch; batches come in order. */
  readonly batch: string;
  readonly arm: string;
  readonly requests: number;
  readonly failed: number;
  readonly slow_first_byte: number;
  readonly slow_total: number;
  readonly costed: number;
  readonly cost: number;
  readonly cost_squares: number;
}

/** Feedback on the requests of one arm that came in during one batch; a request's score is the mean of its senders'. */
export interface FeedbackBatch {
  readonly batch: string;
  readonly arm: string;
  readonly scored: number;
  readonly score: number;
  readonly score_squares: number;
}

const MINIMUM_REQUESTS = 100;
/** Errors are what has to be noticed first: their part of the false alarms is twice that of another guardrail. */
export const ERRORS_WEIGHT = 2;
const SHARES = { error_rate: "failed", slow_first_byte: "slow_first_byte", slow_total: "slow_total" } as const;

/** What a rollout's arms have done so far. */
export interface Judged {
  readonly rows: readonly ArmBatch[];
  readonly feedback: readonly FeedbackBatch[];
}

/** The breach of a rollout's guardrails in what its arms have done so far; null while they hold. */
export const judgeRollout = (guardrails: GuardrailsInput, judged: Judged): Breach | null =>
  findBreach(watched(guardrails, judged), minimumOf(guardrails));

/** How each of a rollout's guardrails stands. */
export const rolloutGuardrailStates = (guardrails: GuardrailsInput, judged: Judged): GuardrailState[] =>
  guardrailStates(watched(guardrails, judged), minimumOf(guardrails));

/** Requests of the candidate before which nothing is a breach. */
export const minimumOf = ({ minimum_requests }: GuardrailsInput): number => minimum_requests ?? MINIMUM_REQUESTS;

function watched(guardrails: GuardrailsInput, { rows, feedback }: Judged): Guardrail[] {
  const names = [...new Set([...rows, ...feedback].map(({ batch }) => batch))].toSorted();
  const pairsOf = <Row extends { batch: string; arm: string }, T>(
    given: readonly Row[],
    read: (row: Row | undefined) => T,
  ): { control: T; candidate: T }[] => {
    const batches = Map.groupBy(given, ({ batch }) => batch);
    return names.map((name) => {
      const arms = batches.get(name) ?? [];
      return {
        control: read(arms.find(({ arm }) => arm === "control")),
        candidate: read(arms.find(({ arm }) => arm === "candidate")),
      };
    });
  };
  const pairs = <T>(read: (row: ArmBatch | undefined) => T) => pairsOf(rows, read);
  const found: Guardrail[] = [];
  for (const name of ["error_rate", "slow_first_byte", "slow_total"] as const) {
    const asked = guardrails[name];
    if (asked === undefined) continue;
    const tally = (row: ArmBatch | undefined): Tally => ({
      requests: row?.requests ?? 0,
      bad: row?.[SHARES[name]] ?? 0,
    });
    const weight = name === "error_rate" ? ERRORS_WEIGHT : 1;
    found.push({ name, kind: "share", limit: limitOf(asked), weight, batches: pairs(tally) });
  }
  if (guardrails.cost_per_request !== undefined) {
    const moments = (row: ArmBatch | undefined): Moments => ({
      count: row?.costed ?? 0,
      sum: row?.cost ?? 0,
      squares: row?.cost_squares ?? 0,
    });
    const limit = limitOf(guardrails.cost_per_request);
    found.push({ name: "cost_per_request", kind: "mean", limit, batches: pairs(moments) });
  }
  if (guardrails.feedback_score !== undefined) {
    const { at_least, below_control } = guardrails.feedback_score;
    const limit = at_least === undefined ? { belowControl: below_control ?? 0 } : { atLeast: at_least };
    const moments = (row: FeedbackBatch | undefined): Moments => ({
      count: row?.scored ?? 0,
      sum: row?.score ?? 0,
      squares: row?.score_squares ?? 0,
    });
    found.push({ name: "feedback_score", kind: "score", limit, batches: pairsOf(feedback, moments) });
  }
  return found;
}

const limitOf = (asked: { readonly at_most?: number | undefined; readonly times_control?: number | undefined }) =>
  asked.at_most === undefined ? { timesControl: asked.times_control ?? 1 } : { atMost: asked.at_most };
