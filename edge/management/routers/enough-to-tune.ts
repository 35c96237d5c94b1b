import { ok, refuse, type Result } from "../../errors.ts";
import type { TunableName } from "../../evaluation/tuning-grid.ts";
import type { DecidedCase } from "../../evaluation/turns.ts";

/** Four cases to choose on for each that is held out of a fifth; fewer say nothing that the next case would not undo. */
const MIN_CASES = 20;
/** Turns of either kind: without any that expect `other`, never to say it would seem best. */
const MIN_TURNS = 5;

/** Refuses to tune on too few decided cases, naming what is missing. */
export function enoughToTune(cases: readonly DecidedCase[], free: readonly TunableName[]): Result<null> {
  const decided = cases.map(({ expected, readings }) =>
    expected.filter((policy, turn) => policy !== null && "scores" in (readings[turn] ?? {})),
  );
  const counted = decided.filter(({ length }) => length > 0).length;
  if (cases.length >= MIN_CASES && counted < MIN_CASES) {
    return refuse("routing_unavailable", { message: `Only ${String(counted)} golden cases could be decided.` });
  }
  const errors = counted < MIN_CASES ? [missing(MIN_CASES, "golden cases", counted)] : [];
  if (free.includes("other_bias")) {
    const turns = decided.flat();
    const other = turns.filter((policy) => policy === "other").length;
    const policies = turns.length - other;
    if (other < MIN_TURNS) errors.push(missing(MIN_TURNS, "turns that expect other", other));
    if (policies < MIN_TURNS) errors.push(missing(MIN_TURNS, "turns that expect a policy", policies));
  }
  if (errors.length === 0) return ok(null);
  return refuse("too_few_golden_cases", {
    message: `Tuning needs ${errors.map(({ detail }) => detail).join("; ")}.`,
    errors,
  });
}

const missing = (least: number, what: string, there: number) => ({
  pointer: "/golden_cases",
  detail: `at least ${String(least)} ${what}, and there are ${String(there)}`,
});
