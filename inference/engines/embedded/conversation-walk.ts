import type { Turn } from "../../contract/index.ts";

/** User turns the engine walks through; what lies before no longer says what the running policy is. */
const WALKED_TURNS = 12;
/** Characters of the texts before a turn that are read together with it: their end is what a follow-up refers to. */
const REPLY_TAIL = 160;
const PREVIOUS_TAIL = 200;
const LONG_TEXT = 1_200;

/** One user turn with what stands before it, as texts for the encoder. */
export interface WalkedTurn {
  readonly text: string;
  /** With the end of the assistant's message before it; the turn alone when there is none. */
  readonly withReply: string;
  /** With the end of the previous user turn; as `withReply` when there is none. */
  readonly withPrevious: string;
  readonly first: boolean;
}

/** The last user turns of a conversation in order; the last one is the turn to decide. */
export function walk(conversation: readonly Turn[]): WalkedTurn[] {
  const walked: WalkedTurn[] = [];
  let previous: string | undefined;
  conversation.forEach((turn, index) => {
    if (turn.role !== "user") return;
    const text = shorten(turn.content);
    const before = conversation[index - 1];
    const withReply = before?.role === "assistant" ? join(before.content, REPLY_TAIL, text) : text;
    const withPrevious = previous === undefined ? withReply : join(previous, PREVIOUS_TAIL, text);
    walked.push({ text, withReply, withPrevious, first: index === 0 });
    previous = text;
  });
  return walked.slice(-WALKED_TURNS);
}

const join = (earlier: string, tail: number, text: string): string => `${earlier.slice(-tail)}\n${text}`.toWellFormed();

function shorten(text: string): string {
  if (text.length <= LONG_TEXT) return text.toWellFormed();
  return `${text.slice(0, LONG_TEXT / 2)} ${text.slice(-LONG_TEXT / 2)}`.toWellFormed();
}
