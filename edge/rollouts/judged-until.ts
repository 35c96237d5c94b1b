const BATCH_MS = 900_000;
/** Milliseconds after which a receipt has been written: a batch is looked at once, when it is complete. */
const SETTLED_MS = 120_000;

/** Milliseconds since the epoch before which everything can be judged at `now`: the end of a batch. */
export const judgedUntil = (now: number): number => Math.floor((now - SETTLED_MS) / BATCH_MS) * BATCH_MS;
