import type { RecordedMessage } from "./recorded.schema.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Bytes, as JSON, of a conversation that is kept: several times what any router model reads. */
export const MAX_BYTES = 128 * 1024;

/** The latest messages of a conversation that fit, from a user message on where the beginning is left out. */
export interface KeptMessages {
  readonly messages: RecordedMessage[];
  readonly truncated: boolean;
}

/**
 * What is kept of a request's messages: text, names and tool calls, of other content its kind alone. Null when the
 * latest user message, with what follows it, is larger than what is kept of a whole conversation.
 */
export function keptMessages(messages: readonly Fields[], maxBytes = MAX_BYTES): KeptMessages | null {
  const kept: RecordedMessage[] = [];
  let bytes = 0;
  for (const message of messages.toReversed()) {
    const reduced = reducedMessage(message);
    bytes += new TextEncoder().encode(JSON.stringify(reduced)).length;
    if (bytes > maxBytes) break;
    kept.push(reduced);
  }
  kept.reverse();
  if (kept.length === messages.length) return { messages: kept, truncated: false };
  const first = kept.findIndex(({ role }) => role === "user");
  return first === -1 ? null : { messages: kept.slice(first), truncated: true };
}

function reducedMessage(message: Fields): RecordedMessage {
  const { role, content, name, tool_call_id: callId, tool_calls: calls } = message;
  return {
    role: String(role),
    content: typeof content === "string" ? content : Array.isArray(content) ? records(content).map(reducedPart) : null,
    ...(typeof name === "string" && { name }),
    ...(typeof callId === "string" && { tool_call_id: callId }),
    ...(Array.isArray(calls) && calls.length > 0 && { tool_calls: records(calls) }),
  };
}

/** Where parts of a message hold text that is for reading. */
const TEXTS = ["text", "refusal"];

function reducedPart(part: Fields): Fields & { type: string } {
  const texts = TEXTS.flatMap((name) => (typeof part[name] === "string" ? [[name, part[name]] as const] : []));
  return { type: String(part["type"]), ...Object.fromEntries(texts) };
}

const records = (values: readonly unknown[]): Fields[] =>
  values.filter((value): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value));
