/** Tokens of one answer. `estimated` when delivered bytes were counted for what the provider did not count. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number;
  readonly reasoningTokens: number | null;
  readonly estimated: boolean;
}

/** Bytes of text a token is taken to have when nobody counted. */
const BYTES_PER_TOKEN = 4;

/**
 * The `usage` object of an answer or chunk; null when it is not one. OpenAI's names for chat completions and for
 * responses, DeepSeek's for its cache, and Anthropic's, which gateways pass on: there, what was read from the cache and
 * what was written to it are no part of `input_tokens`.
 */
export function readUsage(value: unknown): TokenUsage | null {
  if (!isRecord(value)) return null;
  const input = count(value["prompt_tokens"]) ?? count(value["input_tokens"]);
  const output = count(value["completion_tokens"]) ?? count(value["output_tokens"]);
  if (input === null && output === null) return null;
  const cached =
    detail(value["prompt_tokens_details"], "cached_tokens") ??
    detail(value["input_tokens_details"], "cached_tokens") ??
    count(value["prompt_cache_hit_tokens"]);
  const reasoning =
    detail(value["completion_tokens_details"], "reasoning_tokens") ??
    detail(value["output_tokens_details"], "reasoning_tokens");
  const read = count(value["cache_read_input_tokens"]);
  const beside = "prompt_tokens" in value ? 0 : (read ?? 0) + (count(value["cache_creation_input_tokens"]) ?? 0);
  return {
    inputTokens: (input ?? 0) + beside,
    cachedInputTokens: cached ?? read,
    outputTokens: output ?? 0,
    reasoningTokens: reasoning,
    estimated: false,
  };
}

/** Usage by rule of thumb, from the tokens a request was taken to have and the bytes of text that were delivered. */
export function estimateUsage(inputTokens: number, deliveredBytes: number): TokenUsage {
  const outputTokens = Math.ceil(deliveredBytes / BYTES_PER_TOKEN);
  return { inputTokens, cachedInputTokens: null, outputTokens, reasoningTokens: null, estimated: true };
}

/** A provider's count, and by rule of thumb what it delivered after it had counted. */
export function addDelivered(counted: TokenUsage, deliveredBytes: number): TokenUsage {
  if (deliveredBytes === 0) return counted;
  const outputTokens = counted.outputTokens + Math.ceil(deliveredBytes / BYTES_PER_TOKEN);
  return { ...counted, outputTokens, estimated: true };
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
