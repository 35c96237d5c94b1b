import type { Needs } from "./decision.ts";
import { jsonTokens, textTokens } from "./token-estimate.ts";

/** Flat estimates, in tokens, of content whose size in tokens only the provider knows. */
const PART_TOKENS = { images: 1_000, audio: 500, files: 1_500 } as const;
/** Role and separators around each message. */
const MESSAGE_TOKENS = 4;

type Fields = Readonly<Record<string, unknown>>;
type PartKind = keyof typeof PART_TOKENS;

const PART_KINDS: ReadonlyMap<unknown, PartKind> = new Map([
  ["image_url", "images"],
  ["input_image", "images"],
  ["input_audio", "audio"],
  ["file", "files"],
  ["input_file", "files"],
]);

/** What serving a chat-completions request takes. Reads any JSON; what has an unexpected form needs nothing. */
export function requestNeeds(body: Fields): Needs {
  const messages = records(body["messages"]);
  const parts = messages.flatMap((message) => records(message["content"]));
  const kinds = parts.flatMap((part) => PART_KINDS.get(part["type"]) ?? []);
  return {
    images: kinds.includes("images"),
    audio: kinds.includes("audio") || list(body["modalities"]).includes("audio"),
    files: kinds.includes("files"),
    tools: asksForTools(body) || messages.some(speaksOfTools),
    responseFormat: asksForFormat(body["response_format"]),
    tokens: Math.ceil(
      messages.reduce((sum, message) => sum + messageTokens(message), 0) +
        kinds.reduce((sum, kind) => sum + PART_TOKENS[kind], 0) +
        [body["tools"], body["functions"], body["response_format"]].reduce<number>((sum, v) => sum + jsonTokens(v), 0) +
        outputTokens(body),
    ),
  };
}

const asksForTools = (body: Fields): boolean => list(body["tools"]).length > 0 || list(body["functions"]).length > 0;

/** A conversation in which tools were called needs a model that can read such turns. */
const speaksOfTools = (message: Fields): boolean =>
  message["role"] === "tool" || message["role"] === "function" || list(message["tool_calls"]).length > 0;

const asksForFormat = (format: unknown): boolean =>
  isRecord(format) && (format["type"] === "json_schema" || format["type"] === "json_object");

function messageTokens(message: Fields): number {
  const content = message["content"];
  const text =
    typeof content === "string"
      ? textTokens(content)
      : records(content).reduce((sum, { text }) => sum + (typeof text === "string" ? textTokens(text) : 0), 0);
  return MESSAGE_TOKENS + text + jsonTokens(message["tool_calls"]);
}

function outputTokens(body: Fields): number {
  const limits = [body["max_completion_tokens"], body["max_tokens"]];
  return Math.max(0, ...limits.filter((limit) => typeof limit === "number" && Number.isFinite(limit)).map(Number));
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const records = (value: unknown): Fields[] => list(value).filter(isRecord);

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
