/**
 * A program of its own: a provider that answers at once, streams in 50 chunks, and an engine that decides at once.
 * Prints its port.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SLOWLY } from "./conversations.ts";

const CHUNKS = 50;
/** Milliseconds between two chunks of a stream that was asked for slowly: about what a large model takes for a token. */
const PACE_MS = 20;

const delta = (content: string, finish: string | null): string =>
  JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1_750_000_000,
    model: "bench",
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  });

const usage = { prompt_tokens: 120, completion_tokens: 80, total_tokens: 200 };
const ANSWER = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_750_000_000,
  model: "bench",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "An answer of some length. ".repeat(12) },
      finish_reason: "stop",
    },
  ],
  usage,
});
const EVENTS = [
  ...Array.from({ length: CHUNKS - 3 }, (_, index) => delta(` word${index}`, null)),
  delta("", "stop"),
  JSON.stringify({ id: "chatcmpl-bench", object: "chat.completion.chunk", choices: [], usage }),
  "[DONE]",
].map((data) => `data: ${data}\n\n`);

const DECIDED = { engine: "stand-in@1", escalated: false, timings: {} };

/** Each chunk in a turn of the event loop of its own, as a provider's tokens come. */
function stream(response: ServerResponse, later: (go: () => void) => unknown, next = 0): void {
  if (next === EVENTS.length) response.end();
  else {
    response.write(EVENTS[next]);
    later(() => stream(response, later, next + 1));
  }
}

const slowly = (go: () => void): unknown => setTimeout(go, PACE_MS);

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    if (request.url?.endsWith("/v1/decide") === true) {
      const { policies } = JSON.parse(Buffer.concat(parts).toString()) as { policies: { name: string }[] };
      const scores = policies.map(({ name }, index) => ({ policy: name, probability: index === 0 ? 1 : 0 }));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...DECIDED, scores }));
    } else if (parts.some((part) => part.includes('"stream":true'))) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      stream(response, parts.some((part) => part.includes(SLOWLY)) ? slowly : setImmediate);
    } else {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(ANSWER) });
      response.end(ANSWER);
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
// Whoever started this holds the other end: when that one ends, however, this ends too.
process.stdin.resume().on("end", () => process.exit());
