import type { Tokenize } from "./tokenizer.ts";

/** Tokens kept of a user turn: its start and its end, where the request usually stands. */
const USER_HEAD = 64;
const USER_TAIL = 32;
/** Tokens kept of the assistant's turn before it: the end, which a short answer refers to. */
const ASSISTANT_TAIL = 24;
/** Tokens kept of a policy's text: its start. */
export const POLICY_TOKENS = 64;

/** What one run of the encoder reads: `[CLS] first [SEP]`, and `second [SEP]` when there is a second part. */
export interface Segment {
  readonly ids: readonly number[];
  /** Content tokens of each part. */
  readonly first: number;
  readonly second: number;
}

/** A user turn, followed by the tail of the assistant's turn before it. */
export function turnSegment(tokenize: Tokenize, user: string, assistant: string): Segment {
  const { start, end, content } = split(tokenize(user));
  const long = content.length > USER_HEAD + USER_TAIL;
  const first = long ? [...content.slice(0, USER_HEAD), ...content.slice(-USER_TAIL)] : content;
  const second = assistant === "" ? [] : split(tokenize(assistant)).content.slice(-ASSISTANT_TAIL);
  const ids = second.length > 0 ? [start, ...first, end, ...second, end] : [start, ...first, end];
  return { ids, first: first.length, second: second.length };
}

/** A policy's text, its start kept. */
export function policySegment(tokenize: Tokenize, text: string): Segment {
  const { start, end, content } = split(tokenize(text));
  const first = content.slice(0, POLICY_TOKENS);
  return { ids: [start, ...first, end], first: first.length, second: 0 };
}

/** Takes `[CLS]` and `[SEP]` off a tokenized text. */
function split(ids: readonly number[]): { start: number; end: number; content: readonly number[] } {
  return { start: ids[0] ?? 0, end: ids.at(-1) ?? 0, content: ids.slice(1, -1) };
}
