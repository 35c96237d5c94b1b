import type { Guardrail } from "../../edge/rollouts/guardrails.ts";
import { ERRORS_WEIGHT } from "../../edge/rollouts/judge-rollout.ts";
import type { Moments, MomentsBatch } from "../../edge/rollouts/mean-evidence.ts";
import type { TallyBatch } from "../../edge/rollouts/share-evidence.ts";
import { seeded } from "./seeded.ts";

/** Requests of each arm in a batch, and how many batches. */
export interface ArmTraffic {
  readonly control: number;
  readonly candidate: number;
  readonly batches: number;
}

export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Batches of requests that go wrong at these rates; the candidate's may change from batch to batch. */
export function tallies(
  random: () => number,
  traffic: ArmTraffic,
  control: number,
  candidate: number | ((batch: number) => number),
): TallyBatch[] {
  const tally = (requests: number, rate: number) => {
    let bad = 0;
    for (let request = 0; request < requests; request += 1) if (random() < rate) bad += 1;
    return { requests, bad };
  };
  return Array.from({ length: traffic.batches }, (_, batch) => ({
    control: tally(traffic.control, control),
    candidate: tally(traffic.candidate, typeof candidate === "number" ? candidate : candidate(batch)),
  }));
}

/** Batches of a measure that is drawn so. */
export function moments(traffic: ArmTraffic, control: () => number, candidate = control): MomentsBatch[] {
  const arm = (count: number, draw: () => number): Moments => {
    let [sum, squares] = [0, 0];
    for (let request = 0; request < count; request += 1) {
      const value = draw();
      sum += value;
      squares += value * value;
    }
    return { count, sum, squares };
  };
  return Array.from({ length: traffic.batches }, () => ({
    control: arm(traffic.control, control),
    candidate: arm(traffic.candidate, candidate),
  }));
}

export const AS_CONTROL = { timesControl: 1 };

/** A guardrail of each kind; the arms differ in their error rates alone. */
export function allGuardrails(
  random: () => number,
  traffic: ArmTraffic,
  control: number,
  candidate: number | ((batch: number) => number),
): Guardrail[] {
  const cost = (): number => Math.exp(normal(random));
  const thumb = (): number => (random() < 0.2 ? -1 : 1);
  const rated = { ...traffic, control: Math.ceil(traffic.control / 4), candidate: Math.ceil(traffic.candidate / 4) };
  return [
    {
      name: "errors",
      kind: "share",
      limit: AS_CONTROL,
      weight: ERRORS_WEIGHT,
      batches: tallies(random, traffic, control, candidate),
    },
    { name: "first byte", kind: "share", limit: AS_CONTROL, batches: tallies(random, traffic, 0.05, 0.05) },
    { name: "total", kind: "share", limit: AS_CONTROL, batches: tallies(random, traffic, 0.1, 0.1) },
    { name: "cost", kind: "mean", limit: AS_CONTROL, batches: moments(traffic, cost) },
    { name: "feedback", kind: "score", limit: { belowControl: 0 }, batches: moments(rated, thumb) },
  ];
}

/** In which share of so many runs something happens; the runs are the same each time. */
export function share(runs: number, happens: (random: () => number) => boolean): number {
  let found = 0;
  for (let run = 1; run <= runs; run += 1) if (happens(seeded(run * 7919))) found += 1;
  return found / runs;
}
