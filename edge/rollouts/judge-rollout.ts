import { findBreach, type Breach, type Guardrail } from "./guardrails.ts";
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

const MINIMUM_REQUESTS = 100;
const SHARES = { error_rate: "failed", slow_first_byte: "slow_first_byte", slow_total: "slow_total" } as const;

/** The breach of a rollout's guardrails in what its arms have done so far; null while they hold. */
export function judgeRollout(guardrails: GuardrailsInput, rows: readonly ArmBatch[]): Breach | null {
  const batches = [...Map.groupBy(rows, ({ batch }) => batch).values()];
  const pairs = <T>(read: (row: ArmBatch | undefined) => T): { control: T; candidate: T }[] =>
    batches.map((arms) => ({
      control: read(arms.find(({ arm }) => arm === "control")),
      candidate: read(arms.find(({ arm }) => arm === "candidate")),
    }));
  const watched: Guardrail[] = [];
  for (const name of ["error_rate", "slow_first_byte", "slow_total"] as const) {
    const asked = guardrails[name];
    if (asked === undefined) continue;
    const tally = (row: ArmBatch | undefined): Tally => ({
      requests: row?.requests ?? 0,
      bad: row?.[SHARES[name]] ?? 0,
    });
    watched.push({ name, kind: "share", limit: limitOf(asked), batches: pairs(tally) });
  }
  if (guardrails.cost_per_request !== undefined) {
    const moments = (row: ArmBatch | undefined): Moments => ({
      count: row?.costed ?? 0,
      sum: row?.cost ?? 0,
      squares: row?.cost_squares ?? 0,
    });
    const limit = limitOf(guardrails.cost_per_request);
    watched.push({ name: "cost_per_request", kind: "mean", limit, batches: pairs(moments) });
  }
  return findBreach(watched, guardrails.minimum_requests ?? MINIMUM_REQUESTS);
}

const limitOf = (asked: { readonly at_most?: number | undefined; readonly times_control?: number | undefined }) =>
  asked.at_most === undefined ? { timesControl: asked.times_control ?? 1 } : { atMost: asked.at_most };
