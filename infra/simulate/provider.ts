import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Behaviour } from "./script.ts";
import { TOOK_HEADER } from "./protocol.ts";

export interface SimulatedProvider {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
}

const CHARACTERS_PER_TOKEN = 4;

/**
 * A provider that speaks OpenAI's wire and answers as `behaviourOf` says of the model at this moment. How long it would
 * have taken stands in a header: nobody waits for it.
 */
export async function startProvider(
  behaviourOf: (model: string) => Behaviour,
  random: () => number,
): Promise<SimulatedProvider> {
  const server = createServer((request, response) => {
    read(request)
      .then((asked) => answer(asked, behaviourOf(asked.model), random, response))
      .catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Asked;
}

function answer(asked: Asked, behaviour: Behaviour, random: () => number, response: ServerResponse): void {
  const [firstByte, rest] = [spread(behaviour.first_byte_ms, random), spread(behaviour.rest_ms, random)];
  const tokens = Math.max(1, spread(behaviour.output_tokens, random));
  const [fails, breaksOff] = [random() < behaviour.failing, random() < behaviour.breaking_off];
  const took = { [TOOK_HEADER]: `${firstByte},${rest}` };
  if (fails) {
    response.writeHead(500, { ...took, "content-type": "application/json", "x-should-retry": "false" });
    response.end('{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}');
    return;
  }
  const prompt = asked.messages.reduce((sum, { content }) => sum + content.length, 0);
  const usage = { prompt_tokens: Math.ceil(prompt / CHARACTERS_PER_TOKEN), completion_tokens: tokens };
  const counted = { ...usage, total_tokens: usage.prompt_tokens + tokens };
  const text = "word".repeat(tokens);
  const head = { id: "chatcmpl-simulated", created: 0, model: asked.model };
  if (asked.stream !== true) {
    const body = JSON.stringify({
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
      usage: counted,
    });
    response.writeHead(200, { ...took, "content-type": "application/json", "content-length": body.length });
    if (breaksOff) response.write(body.slice(0, body.length / 2), () => response.destroy());
    else response.end(body);
    return;
  }
  const chunk = (delta: object, finish: string | null, more: object = {}): string =>
    `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  response.writeHead(200, { ...took, "content-type": "text/event-stream" });
  const half = chunk({ role: "assistant", content: text.slice(0, text.length / 2) }, null);
  if (breaksOff) {
    response.write(half, () => response.destroy());
    return;
  }
  const end = `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [], usage: counted })}\n\n`;
  response.end(
    `${half}${chunk({ content: text.slice(text.length / 2) }, null)}${chunk({}, "stop")}${end}data: [DONE]\n\n`,
  );
}

/** A whole number around a median, a third more or less as often as not: logarithms of such are normal. */
function spread(median: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(median * Math.exp(normal / 3));
}
