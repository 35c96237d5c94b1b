import { describe, expect, it } from "vitest";
import { Meter } from "./meter.ts";
import { readUsage } from "./usage.ts";

const counted = (
  inputTokens: number,
  cachedInputTokens: number | null,
  outputTokens: number,
  reasoningTokens: number | null,
) => ({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens, estimated: false });

describe("a provider's count of tokens", () => {
  it.each([
    [
      "OpenAI's chat completions",
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 60, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 30 },
      },
      counted(100, 60, 50, 30),
    ],
    ["a plain server's", { prompt_tokens: 7, completion_tokens: 3 }, counted(7, null, 3, null)],
    [
      "OpenAI's responses",
      {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 60 },
        output_tokens: 50,
        output_tokens_details: { reasoning_tokens: 30 },
      },
      counted(100, 60, 50, 30),
    ],
    [
      "DeepSeek's, by cache hits and misses",
      { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
      counted(100, 64, 5, null),
    ],
    [
      "Anthropic's, whose input leaves out the cache",
      { input_tokens: 10, cache_read_input_tokens: 60, cache_creation_input_tokens: 30, output_tokens: 50 },
      counted(100, 60, 50, null),
    ],
    [
      "a gateway's that gives both forms: OpenAI's whole is taken",
      { prompt_tokens: 100, completion_tokens: 50, cache_read_input_tokens: 60, cache_creation_input_tokens: 30 },
      counted(100, 60, 50, null),
    ],
    ["one of the two alone", { completion_tokens: 5 }, counted(0, null, 5, null)],
    ["odd details", { prompt_tokens: 1, completion_tokens: 1, prompt_tokens_details: 5 }, counted(1, null, 1, null)],
  ])("is read from %s", (_name, usage, expected) => {
    expect(readUsage(usage)).toEqual(expected);
  });

  it.each([null, [], "10", {}, { prompt_tokens: -1 }, { prompt_tokens: 1.5 }, { prompt_tokens: "10" }])(
    "is none in %j",
    (usage) => {
      expect(readUsage(usage)).toBeNull();
    },
  );
});

describe("what an answer has used", () => {
  const after = (...chunks: Record<string, unknown>[]) => {
    const meter = new Meter();
    for (const chunk of chunks) meter.observeAnswer(chunk);
    return meter.consumed(() => 20);
  };
  const said = (delta: Record<string, unknown>) => ({ choices: [{ index: 0, delta }] });
  const text = said({ content: "x".repeat(40) });
  const usage = { prompt_tokens: 9, completion_tokens: 12 };

  it.each([
    ["what the provider counted at the end", [text, { choices: [], usage }], counted(9, null, 12, null)],
    [
      "its last count, where it keeps counting",
      [
        { ...text, usage },
        { ...text, usage },
      ],
      counted(9, null, 12, null),
    ],
    [
      "its count and what came after it, estimated",
      [{ ...text, usage }, text],
      { ...counted(9, null, 22, null), estimated: true },
    ],
    ["the estimate when it counted nothing", [text], { ...counted(20, null, 10, null), estimated: true }],
    [
      "text that was thought, refused or called with as well",
      [
        said({ reasoning: "12345678" }),
        said({ reasoning_content: "1234" }),
        said({ refusal: "1234" }),
        said({ tool_calls: [{ index: 0, function: { arguments: "1234" } }] }),
      ],
      { ...counted(20, null, 5, null), estimated: true },
    ],
    ["the request alone when nothing was delivered", [], { ...counted(20, null, 0, null), estimated: true }],
  ])("is %s", (_name, chunks, expected) => {
    expect(after(...chunks)).toEqual(expected);
  });
});
