/** Registers work that may outlive the answer of the request it began in. */
export type WaitUntil = (work: Promise<unknown>) => void;
