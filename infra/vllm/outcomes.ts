/** Checks that were made, each told on a line as soon as it is known. */
export interface Outcomes {
  /** `work` gives its complaint, empty for none; what it throws is one. */
  readonly check: (what: string, work: () => Promise<string>) => Promise<void>;
  readonly passed: () => number;
  readonly failed: () => number;
}

export function createOutcomes(): Outcomes {
  const all: boolean[] = [];
  return {
    check: async (what, work) => {
      const complaint = await work().catch((error: unknown) => String(error));
      all.push(complaint === "");
      process.stdout.write(`${complaint === "" ? "✓" : "✗"} ${what}${complaint === "" ? "" : `: ${complaint}`}\n`);
    },
    passed: () => all.filter((passed) => passed).length,
    failed: () => all.filter((passed) => !passed).length,
  };
}
