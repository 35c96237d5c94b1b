/** Tells the simulated worker what time it is, in milliseconds since the epoch. */
export const NOW_HEADER = "x-simulated-now";
/** Tells the simulated worker how long a provider took: milliseconds to the first byte, and from there to the end. */
export const TOOK_HEADER = "x-simulated-took";
/** How many things the simulated worker still does after its answers. */
export const PENDING_PATH = "/simulated/pending";
