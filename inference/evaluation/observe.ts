import { normaliseConversation } from "../contract/index.ts";
import type { ServedEngine } from "../decide/served-engine.ts";
import { EVALUATION_ISOLATION } from "./answer.ts";
import { LEAST, type Observation } from "./fit-calibration.ts";
import type { BenchmarkRecord } from "./record.ts";

export interface Observed {
  readonly observations: readonly Observation[];
  /** Labelled decisions that the engine marked unsure itself: no temperature makes those better. */
  readonly leftOut: number;
}

/** Asks an engine about every labelled turn of a record, as in service. Throws when the engine refuses. */
export async function observe(
  engine: Pick<ServedEngine, "name" | "decide">,
  record: BenchmarkRecord,
): Promise<Observed> {
  const policies = record.policies.map(({ name, description }) => ({ name, description }));
  const observations: Observation[] = [];
  let leftOut = 0;
  const userTurns = record.turns.flatMap((turn, index) => (turn.role === "user" ? [index] : []));
  for (const [place, at] of userTurns.entries()) {
    const label = labelIndex(record, place);
    if (label === null) continue;
    const conversation = normaliseConversation(record.turns.slice(0, at + 1));
    const { signal } = new AbortController();
    const paidEngines = [engine.name];
    const asked = { conversation, isolation: EVALUATION_ISOLATION, signal, paidEngines };
    const decided = await engine.decide(policies, asked);
    if (!decided.ok) throw new Error(`${record.id}: ${decided.refusal.code}: ${decided.refusal.message}`);
    const { scores, unsureReason, shortlisted } = decided.value;
    if (unsureReason !== undefined) leftOut += 1;
    else {
      // What a shortlist left out was not weighed, so there is nothing in it to fit to, be it the right one.
      const weighed = scores.flatMap(({ probability }, index) =>
        shortlisted === undefined || probability > 0 || index === scores.length - 1 ? [index] : [],
      );
      const logits = weighed.map((index) => Math.log(Math.max(LEAST, scores[index]?.probability ?? 0)));
      const place = weighed.indexOf(label);
      observations.push({ id: record.id, logits, label: place === -1 ? null : place });
    }
  }
  return { observations, leftOut };
}

/** Place of a turn's label among the scores; null for a turn that is not scored, or a label that no policy has. */
function labelIndex({ labels, policies }: BenchmarkRecord, place: number): number | null {
  const label = labels[place] ?? null;
  if (label === null) return null;
  if (label === "other") return policies.length;
  const index = policies.findIndex(({ name }) => name === label);
  return index === -1 ? null : index;
}
