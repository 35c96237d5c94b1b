import type { StartFacts } from "./run-state.ts";

/** What the process that runs the stack tells the one that people started. */
export type HostMessage =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "ready"; readonly facts: StartFacts }
  /** It will not start, or has ended by itself; a sentence for people. */
  | { readonly kind: "failed"; readonly text: string };
