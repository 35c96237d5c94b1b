import type { WaitUntil } from "../wait-until.ts";

/** What a verb of the inference surface knows about the request it serves, beside the body. Times in milliseconds. */
export interface RequestContext {
  readonly requestId: string;
  readonly startedAt: number;
  readonly authMs: number;
  readonly headers: Headers;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  readonly waitUntil: WaitUntil;
}
