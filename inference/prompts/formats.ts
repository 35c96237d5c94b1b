import type { Policy, Turn } from "../contract/index.ts";
import { archRouterV1 } from "./arch-router-v1.ts";

/** The outcome that no policy may be named after. */
export const OTHER = "other";

/** How one family of router models is asked and how its answer begins. A format never changes once it has a name. */
export interface PromptFormat {
  /** The part that depends on the policies only, made once a policy set. */
  readonly routes: (policies: readonly Policy[]) => string;
  /** The whole text of the one user message. */
  readonly prompt: (routes: string, conversation: readonly Turn[]) => string;
  /** Text put into the model's mouth; what follows it is the name of the policy. */
  readonly answerPrefix: string;
  /** What the model says when no policy fits. */
  readonly otherName: string;
}

export const PROMPT_FORMATS = ["arch-router-v1"] as const;

export const promptFormats: Readonly<Record<(typeof PROMPT_FORMATS)[number], PromptFormat>> = {
  "arch-router-v1": archRouterV1,
};
