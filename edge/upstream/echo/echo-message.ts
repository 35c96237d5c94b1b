import { sampleOfSchema } from "./sample-of-schema.ts";

const CHARACTERS_A_TOKEN = 4;

/** The parts of a chat request that echo looks at. */
export interface EchoRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
  readonly n?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly max_tokens?: number | null;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean | null } | null;
  readonly tools?: readonly unknown[] | null;
  readonly tool_choice?: unknown;
  readonly response_format?: unknown;
}

export type EchoMessage =
  | { readonly content: string; readonly cut?: boolean }
  | { readonly call: { readonly name: string; readonly arguments: string } };

/** What echo says: the call it is forced to make, a document in the format asked for, or what it was asked, by name. */
export function echoMessage(request: EchoRequest): EchoMessage {
  const asked = textOf((request.messages.findLast(({ role }) => role === "user") ?? request.messages.at(-1))?.content);
  const forced = forcedTool(request);
  if (forced !== null) {
    const parameters = sampleOfSchema(forced["parameters"] ?? { type: "object" }, asked);
    return { call: { name: String(forced["name"]), arguments: JSON.stringify(parameters) } };
  }
  const format = request.response_format;
  if (isRecord(format) && isRecord(format["json_schema"])) {
    return { content: JSON.stringify(sampleOfSchema(format["json_schema"]["schema"], asked)) };
  }
  if (isRecord(format) && format["type"] === "json_object") {
    return { content: JSON.stringify({ model: request.model, asked }) };
  }
  return upTo(request.max_completion_tokens ?? request.max_tokens ?? Infinity, `${request.model} was asked: ${asked}`);
}

/** Tokens that an answer takes, as a rule of thumb has them: four characters each, and one at least. */
export const tokensOf = (text: string): number => Math.max(1, Math.ceil(text.length / CHARACTERS_A_TOKEN));

/** The beginning of a text that takes so many tokens at most, cut at no place inside a character. */
function upTo(tokens: number, text: string): { content: string; cut: boolean } {
  if (tokensOf(text) <= tokens) return { content: text, cut: false };
  const content = text.slice(0, tokens * CHARACTERS_A_TOKEN).replace(/[\uD800-\uDBFF]$/, "");
  return { content, cut: true };
}

/** The text in a message's content; parts of other kinds are named in brackets. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? content.filter(isRecord) : [];
  return parts.map(({ type, text }) => (typeof text === "string" ? text : `[${String(type)}]`)).join(" ");
}

/** The function a request leaves no choice but to call; tools that are merely offered are not called. */
function forcedTool({ tools, tool_choice: choice }: EchoRequest): Record<string, unknown> | null {
  const functions = (tools ?? []).flatMap((tool) =>
    isRecord(tool) && isRecord(tool["function"]) ? [tool["function"]] : [],
  );
  if (choice === "required") return functions[0] ?? null;
  if (!isRecord(choice) || !isRecord(choice["function"])) return null;
  const wanted = choice["function"]["name"];
  return functions.find((candidate) => candidate["name"] === wanted) ?? null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
