import type { Policy, Turn } from "../contract/index.ts";
import { archRouterV1 } from "./arch-router-v1.ts";
import { genericV1, genericV2 } from "./generic.ts";
import { planoOrchestratorV2 } from "./plano-orchestrator-v2.ts";

/** The outcome that no policy may be named after. */
export const OTHER = "other";

/** How a model writes down one option: a policy, or that none fits. */
export interface Answer {
  /** What follows the format's `answerPrefix` when this option is chosen, up to where a constraint ends. */
  readonly text: string;
  /** `text` with the character that tells it from a longer text, where it needs one: `book"` is not `book_hotel`. */
  readonly closed: string;
  /** Whole answers that mean this option, prefix included; the first is the one the model was tuned to give. */
  readonly spellings: readonly string[];
}

/** How one family of router models is asked and how its answer begins. A format never changes once it has a name. */
export interface PromptFormat {
  /** The part that depends on the policies only, made once a policy set. */
  readonly routes: (policies: readonly Policy[]) => string;
  /** The whole text of the one user message. */
  readonly prompt: (routes: string, conversation: readonly Turn[]) => string;
  /** Text put into the model's mouth where its answer is constrained rather than read. */
  readonly answerPrefix: string;
  /** The answer that names a policy; `null` is `other`. */
  readonly answer: (name: string | null) => Answer;
}

export const PROMPT_FORMATS = ["arch-router-v1", "plano-orchestrator-v2", "generic-v1", "generic-v2"] as const;
export type PromptFormatName = (typeof PROMPT_FORMATS)[number];

export const promptFormats: Readonly<Record<PromptFormatName, PromptFormat>> = {
  "arch-router-v1": archRouterV1,
  "plano-orchestrator-v2": planoOrchestratorV2,
  "generic-v1": genericV1,
  "generic-v2": genericV2,
};
