import type { Measure } from "./compare-arms.ts";
import { differenceOf, type Estimate } from "./intervals.ts";

/** One measure of all arms, and how far each but the control lies above the control. */
export function acrossArms<Totals extends { readonly arm: string }>(
  arms: readonly string[],
  totals: readonly Totals[],
  head: Omit<Measure, "arms" | "differences">,
  estimate: (totals: Totals) => Estimate | null,
): Measure {
  const estimates = arms.map((arm) => {
    const own = totals.find((one) => one.arm === arm);
    return [arm, own === undefined ? null : estimate(own)] as const;
  });
  const control = estimates.find(([arm]) => arm === "control")?.[1] ?? null;
  const others = estimates.filter(([arm]) => arm !== "control");
  return {
    ...head,
    arms: Object.fromEntries(estimates),
    differences: Object.fromEntries(others.map(([arm, own]) => [arm, differenceOf(own, control)])),
  };
}
