export type ConversationKeySource = "header" | "prompt_cache_key" | "user" | "messages";

type Fields = Readonly<Record<string, unknown>>;

/** Characters of the first messages that tell conversations apart. */
const MAX_CHARACTERS = 64_000;

/**
 * What names the conversation a request belongs to, before it is keyed with the tenant's secret: the client's own id,
 * `prompt_cache_key`, `user`, else the texts up to and including the first user message. Sources never collide.
 */
export function rawConversationKey(request: { readonly header: string | null; readonly body: Fields }): {
  raw: string;
  source: ConversationKeySource;
} {
  const { header, body } = request;
  const given = [
    ["header", header],
    ["prompt_cache_key", body["prompt_cache_key"]],
    ["user", body["user"]],
  ] as const;
  for (const [source, value] of given) {
    if (typeof value === "string" && value !== "") return { raw: JSON.stringify([source, value]), source };
  }
  return { raw: JSON.stringify(["messages", ...firstMessages(body["messages"])]), source: "messages" };
}

function firstMessages(messages: unknown): string[] {
  const read = (Array.isArray(messages) ? messages : []).filter(isRecord);
  const firstUser = read.findIndex(({ role }) => role === "user");
  const texts: string[] = [];
  let left = MAX_CHARACTERS;
  for (const { role, content } of read.slice(0, firstUser === -1 ? read.length : firstUser + 1)) {
    const text = `${typeof role === "string" ? role : ""}\n${textOf(content)}`.slice(0, left);
    left -= text.length;
    texts.push(text);
  }
  return texts;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return (Array.isArray(content) ? content : [])
    .filter(isRecord)
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("\n");
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
