import type { ProviderAdapter, UpstreamCall } from "../adapter.ts";
import { encodeEvent } from "../sse.ts";
import { echoMessage, tokensOf, type EchoMessage, type EchoRequest } from "./echo-message.ts";

/** Pieces a streamed answer comes in. */
const PIECES = 4;

/** A provider without a network: answers, with usage, what it was asked and as which model. For demos and tests. */
export const echo: ProviderAdapter = {
  needsBaseUrl: false,
  defaultBaseUrl: null,
  exchange: (call: UpstreamCall) => {
    // The body was made by this service from a request that passed its schema.
    const request = JSON.parse(call.body) as EchoRequest;
    const said = echoMessage(request);
    const base = { id: `chatcmpl-${call.callId}`, created: Math.floor(call.nowMs / 1000), model: request.model };
    const choices = Array.from({ length: request.n ?? 1 }, (_, index) => index);
    const usage = usageOf(call.body, said, choices.length);
    if (request.stream !== true) return Promise.resolve(Response.json(completion(base, said, choices, usage)));
    const chunk = (rest: object): string => JSON.stringify({ ...base, object: "chat.completion.chunk", ...rest });
    const events = [
      ...choices.flatMap((index) => [
        ...deltas(said).map((delta) => chunk({ choices: [{ index, delta, finish_reason: null }] })),
        chunk({ choices: [{ index, delta: {}, finish_reason: finishReason(said) }] }),
      ]),
      ...(request.stream_options?.include_usage === true ? [chunk({ choices: [], usage })] : []),
      "[DONE]",
    ];
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    return Promise.resolve(new Response(streamOf(events), { headers }));
  },
};

function finishReason(said: EchoMessage): string {
  if ("call" in said) return "tool_calls";
  return said.cut === true ? "length" : "stop";
}

function completion(base: object, said: EchoMessage, choices: readonly number[], usage: object): object {
  const message =
    "call" in said
      ? { role: "assistant", content: null, tool_calls: [toolCall(said.call)] }
      : { role: "assistant", content: said.content, refusal: null };
  const choice = { message, logprobs: null, finish_reason: finishReason(said) };
  return { ...base, object: "chat.completion", choices: choices.map((index) => ({ index, ...choice })), usage };
}

function deltas(said: EchoMessage): object[] {
  if ("call" in said) {
    return [
      { role: "assistant", content: null, tool_calls: [{ index: 0, ...toolCall({ ...said.call, arguments: "" }) }] },
      ...pieces(said.call.arguments).map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
    ];
  }
  return [{ role: "assistant", content: "" }, ...pieces(said.content).map((content) => ({ content }))];
}

function toolCall(call: { name: string; arguments: string }): object {
  return { id: `call_${call.name}`, type: "function", function: call };
}

/** The text cut into pieces, never inside a character. */
function pieces(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / PIECES));
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_, index) => characters.slice(index * size, (index + 1) * size).join(""));
}

function usageOf(body: string, said: EchoMessage, choices: number): object {
  const answer = "call" in said ? said.call.arguments : said.content;
  const prompt = tokensOf(body);
  const completion = tokensOf(answer) * choices;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function streamOf(events: readonly string[]): ReadableStream<Uint8Array> {
  const remaining = events.values();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = remaining.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encodeEvent(next.value));
      },
    },
    { highWaterMark: 0 },
  );
}
