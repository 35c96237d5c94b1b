/** Answers as providers send them, byte for byte: what the stand-in upstreams replay. */

const CHUNK = {
  id: "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
  object: "chat.completion.chunk",
  created: 1741570283,
  model: "gpt-4o-2024-08-06",
  service_tier: "default",
  system_fingerprint: "fp_fc9f1d7035",
};

const USAGE = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 8, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 4, audio_tokens: 0 },
};

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const delta = (fields: object, finishReason: string | null = null, index = 0): string =>
  event({ ...CHUNK, choices: [{ index, delta: fields, logprobs: null, finish_reason: finishReason }], usage: null });

const usageChunk = event({ ...CHUNK, choices: [], usage: USAGE });
const DONE = "data: [DONE]\n\n";

const spoken = [
  delta({ role: "assistant", content: "", refusal: null }),
  delta({ content: "Grüße" }),
  delta({ content: " aus 東京 🚉" }),
  delta({ content: "." }),
  delta({}, "stop"),
];

const toolCall = [
  delta({
    role: "assistant",
    content: null,
    tool_calls: [
      {
        index: 0,
        id: "call_DdmO9pD3xa9XTPNJ32zg2hcA",
        type: "function",
        function: { name: "get_weather", arguments: "" },
      },
    ],
  }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"location"' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: ':"Paris"}' } }] }),
  delta({}, "tool_calls"),
];

const parallelToolCalls = [
  delta({
    role: "assistant",
    content: null,
    tool_calls: [
      { index: 0, id: "call_1", type: "function", function: { name: "get_weather", arguments: "" } },
      { index: 1, id: "call_2", type: "function", function: { name: "get_time", arguments: "" } },
    ],
  }),
  delta({ tool_calls: [{ index: 1, function: { arguments: '{"zone":"CET"}' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"location":"Paris"}' } }] }),
  delta({}, "tool_calls"),
];

const refusedInBand = event({
  error: { message: "The server had an error", type: "server_error", param: null, code: null },
});

/** The usage chunk alone, as it stands in the streams that hold one. */
export const USAGE_CHUNK = usageChunk;

/** Streams by what they show. All but `truncated` and `cutInsideEvent` are complete answers or say why not. */
export const STREAMS = {
  text: [...spoken, DONE].join(""),
  textWithUsage: [...spoken, usageChunk, DONE].join(""),
  toolCall: [...toolCall, usageChunk, DONE].join(""),
  parallelToolCalls: [...parallelToolCalls, usageChunk, DONE].join(""),
  withoutDone: spoken.join(""),
  comments: [": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n", ...spoken, usageChunk, DONE].join(""),
  crlf: [...spoken, usageChunk, DONE].join("").replaceAll("\n", "\r\n"),
  cr: [...spoken, usageChunk, DONE].join("").replaceAll("\n", "\r"),
  byteOrderMark: ["\uFEFF", ...spoken, usageChunk, DONE].join(""),
  multiLineData: ['event: message\nid: 7\ndata: {\ndata:  "choices": []\ndata: }\n\n', ...spoken, DONE].join(""),
  errorInside: [...spoken.slice(0, 3), refusedInBand].join(""),
  unterminatedDone: [...spoken, "data: [DONE]"].join(""),
  truncated: spoken.slice(0, 3).join(""),
  cutInsideEvent: [...spoken.slice(0, 2), delta({ content: "half" }).slice(0, 40)].join(""),
} as const;

/** A complete answer that is not streamed, spaced as no serializer here would space it. */
export const ANSWER = `{
  "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1741569952,
  "model": "gpt-4o-2024-08-06",
  "choices": [{"index": 0, "message": {"role": "assistant", "content": "Grüße! 🚉", "refusal": null, "annotations": []}, "logprobs": null, "finish_reason": "stop"}],
  "usage": ${JSON.stringify(USAGE)}, "service_tier": "default", "x_unknown": 1.0
}
`;

export const USAGE_TOKENS = { input: 19, cached: 8, output: 10, reasoning: 4 };
