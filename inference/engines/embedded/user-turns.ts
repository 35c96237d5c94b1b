import type { Turn } from "../../contract/index.ts";

/** User turns are decided in order to find the running policy; the walk starts at a multiple of this many turns. */
const STRIDE = 8;

/** One user turn with the assistant's turn right before it, empty when there is none. */
export interface UserTurn {
  readonly text: string;
  readonly assistant: string;
}

/**
 * The user turns that are walked: all of a short conversation, the last 9 to 16 of a long one; the last one is the
 * turn to decide. The start moves only every eighth turn, so the walk of one turn is the beginning of the next one's.
 */
export function userTurns(conversation: readonly Turn[]): UserTurn[] {
  const turns = conversation.flatMap((turn, index) => {
    if (turn.role !== "user") return [];
    const before = conversation[index - 1];
    return [{ text: turn.content, assistant: before?.role === "assistant" ? before.content : "" }];
  });
  return turns.slice(Math.max(0, STRIDE * Math.floor((turns.length - 1) / STRIDE) - STRIDE));
}
