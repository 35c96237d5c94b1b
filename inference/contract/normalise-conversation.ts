import { MAX_CONVERSATION_CHARACTERS, MAX_CONVERSATION_TURNS, type Turn } from "./decide.ts";

/** Characters kept of one message; the last user turn may use LAST_TURN_CHARACTERS. */
const MESSAGE_CHARACTERS = 4_000;
const LAST_TURN_CHARACTERS = 16_000;
const CUT_MARK = "\n[…]\n";

/** The parts of an OpenAI chat message that routing reads; everything else is ignored. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: unknown;
}

/**
 * Turns OpenAI chat messages into the conversation a router model sees: user and assistant text up to and including
 * the last user message. System, developer and tool messages are dropped, content parts flattened (`[image]`,
 * `[audio]`, `[file: name]`), an assistant turn that only calls tools becomes `[called: name, …]`. Long messages are
 * cut in the middle, the last user turn last of all. Empty when there is no user message.
 */
export function normaliseConversation(messages: readonly ChatMessage[]): Turn[] {
  const last = messages.findLastIndex((message) => message.role === "user");
  const turns: Turn[] = [];
  for (const message of messages.slice(0, last + 1)) {
    if (message.role === "user") turns.push({ role: "user", content: flatten(message.content) });
    else if (message.role === "assistant") {
      const content = flatten(message.content) || calledTools(message.tool_calls);
      if (content !== "") turns.push({ role: "assistant", content });
    }
  }
  return bound(turns);
}

function flatten(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) => flattenPart(part))
    .filter((text) => text !== "")
    .join("\n");
}

function flattenPart(part: unknown): string {
  if (!isRecord(part)) return "";
  switch (part["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return typeof part["text"] === "string" ? part["text"] : "";
    case "refusal":
      return typeof part["refusal"] === "string" ? part["refusal"] : "";
    case "image_url":
    case "input_image":
      return "[image]";
    case "input_audio":
      return "[audio]";
    case "file":
    case "input_file":
      return fileMark(part);
    default:
      return "";
  }
}

function fileMark(part: Record<string, unknown>): string {
  const nested = isRecord(part["file"]) ? part["file"] : part;
  const name = nested["filename"];
  return typeof name === "string" && name !== "" ? `[file: ${name}]` : "[file]";
}

function calledTools(toolCalls: unknown): string {
  if (!Array.isArray(toolCalls)) return "";
  const names = toolCalls.flatMap((call: unknown) => {
    if (!isRecord(call)) return [];
    const callee = isRecord(call["function"]) ? call["function"] : call["custom"];
    return isRecord(callee) && typeof callee["name"] === "string" ? [callee["name"]] : [];
  });
  return names.length > 0 ? `[called: ${names.join(", ")}]` : "";
}

function bound(turns: readonly Turn[]): Turn[] {
  const cut = turns.map((turn, index) => ({
    role: turn.role,
    content: cutMiddle(turn.content, index === turns.length - 1 ? LAST_TURN_CHARACTERS : MESSAGE_CHARACTERS),
  }));
  const kept: Turn[] = [];
  let characters = 0;
  for (const turn of cut.toReversed()) {
    characters += turn.content.length;
    if (kept.length > 0 && (kept.length >= MAX_CONVERSATION_TURNS || characters > MAX_CONVERSATION_CHARACTERS)) break;
    kept.push(turn);
  }
  return kept.reverse();
}

/** Keeps start and end of a text; never splits a surrogate pair, so the result is always well-formed. */
export function cutMiddle(text: string, limit: number): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length <= limit) return wellFormed;
  const half = Math.floor((limit - CUT_MARK.length) / 2);
  return (wellFormed.slice(0, half) + CUT_MARK + wellFormed.slice(-half)).toWellFormed();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
