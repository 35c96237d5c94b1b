/** Durations remembered; their median is what a decision typically takes. */
const REMEMBERED = 32;

export interface TypicalTime {
  /** Milliseconds. */
  readonly observe: (ms: number) => void;
  /** Milliseconds; null before the first observation. */
  readonly get: () => number | null;
}

/** The median of the last durations: one cold policy set, or one server that hung, does not move it. */
export function createTypicalTime(): TypicalTime {
  const last: number[] = [];
  let next = 0;
  return {
    observe: (ms) => {
      last[next] = ms;
      next = (next + 1) % REMEMBERED;
    },
    get: () => last.toSorted((a, b) => a - b)[Math.floor(last.length / 2)] ?? null,
  };
}
