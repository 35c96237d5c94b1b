/** Tokens of one answer. `estimated` when the provider counted none and the delivered bytes were counted instead. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number;
  readonly reasoningTokens: number | null;
  readonly estimated: boolean;
}

/** Bytes of text a token is taken to have when nobody counted. */
const BYTES_PER_TOKEN = 4;

/** The `usage` object of an answer or chunk of OpenAI's wire; null when it is not one. */
export function readUsage(value: unknown): TokenUsage | null {
  if (!isRecord(value)) return null;
  const input = count(value["prompt_tokens"]);
  const output = count(value["completion_tokens"]);
  if (input === null && output === null) return null;
  return {
    inputTokens: input ?? 0,
    cachedInputTokens: detail(value["prompt_tokens_details"], "cached_tokens"),
    outputTokens: output ?? 0,
    reasoningTokens: detail(value["completion_tokens_details"], "reasoning_tokens"),
    estimated: false,
  };
}

/** Usage by rule of thumb, from the tokens a request was taken to have and the bytes of text that were delivered. */
export function estimateUsage(inputTokens: number, deliveredBytes: number): TokenUsage {
  const outputTokens = Math.ceil(deliveredBytes / BYTES_PER_TOKEN);
  return { inputTokens, cachedInputTokens: null, outputTokens, reasoningTokens: null, estimated: true };
}

function detail(details: unknown, name: string): number | null {
  return isRecord(details) ? count(details[name]) : null;
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
