interface Estimate {
  readonly of: number;
  readonly value: number;
}

/** What is read of a rollout's comparison. */
export interface Compared {
  readonly arms: Readonly<Record<string, { readonly requests: number }>>;
  readonly measures: readonly {
    readonly measure: string;
    readonly detail: string | null;
    readonly arms: Readonly<Record<string, Estimate | null>>;
  }[];
}

/** The arms of a rollout beside each other, in one line. */
export function comparisonLine({ arms, measures }: Compared, metric: string): string {
  const estimate = (arm: string, measure: string, detail: string | null = null): number | null =>
    measures.find((one) => one.measure === measure && one.detail === detail)?.arms[arm]?.value ?? null;
  const column = (arm: "control" | "candidate"): string => {
    const errors = estimate(arm, "error_rate");
    const score = estimate(arm, "feedback", metric);
    const cost = estimate(arm, "cost_usd");
    return [
      arm,
      String(arms[arm]?.requests ?? 0).padStart(5),
      errors === null ? "" : `${(errors * 100).toFixed(1).padStart(4)} % errors`,
      score === null ? "" : `${metric} ${score.toFixed(2)}`,
      cost === null ? "" : `$${cost.toFixed(5)}`,
    ]
      .filter((part) => part !== "")
      .join("  ");
  };
  return `${column("control")}  |  ${column("candidate")}`;
}
