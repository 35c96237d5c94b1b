import type { Policy, Turn } from "../../contract/index.ts";
import { OTHER } from "../../prompts/formats.ts";

/** How policies and conversation become one `choice` question. A format never changes once it has a name. */
export const QUESTION_FORMAT = "choice-v1";

export const INSTRUCTIONS =
  "Which of these policies does the user's latest turn need, given the conversation before it? " +
  `Choose "${OTHER}" when no policy fits, or when the task is complete and nothing new is asked.`;

const OTHER_MEANING = "No policy fits the latest turn, or the task is complete and nothing new is asked";

export interface Option {
  readonly value: string;
  readonly description: string;
}

/** What a decision model is asked, before it is put into a wire's words. */
export interface Question {
  readonly model: string;
  readonly options: readonly Option[];
  readonly conversation: readonly Turn[];
  /** Opaque; no cache may answer one token with what another one put in. */
  readonly isolation: string;
}

/** The policies in published order, then `other`. */
export function optionsOf(policies: readonly Policy[]): Option[] {
  const options = policies.map(({ name, description }) => ({ value: name, description }));
  return [...options, { value: OTHER, description: OTHER_MEANING }];
}

/**
 * The newest turns within a budget of characters, oldest first; the last one always. A turn that is too long for what
 * is left keeps its end.
 */
export function newestTurns(conversation: readonly Turn[], characters: number): Turn[] {
  const kept: Turn[] = [];
  let left = characters;
  for (const { role, content } of conversation.toReversed()) {
    if (kept.length > 0 && content.length > left) break;
    kept.push({ role, content: content.slice(-characters).toWellFormed() });
    left -= content.length;
  }
  return kept.reverse();
}
