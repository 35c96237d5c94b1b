import { refuse } from "../../errors.ts";

/** Golden cases a router may have. */
export const MAX_CASES = 2_000;

export const tooManyCases = () =>
  refuse("conflict", { message: `A router has ${String(MAX_CASES)} golden cases at most.` });
