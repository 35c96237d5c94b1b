import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A recorded answer of vLLM: status, content type and exact body. */
export function recorded(name: string): string {
  return readFileSync(new URL(`../fixtures/vllm/${name}`, import.meta.url), "utf8");
}

interface AskedOfVllm {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** Resolves when the caller has closed the connection before an answer. */
  readonly gone: Promise<void>;
}

export type Answer = (asked: AskedOfVllm, response: ServerResponse) => void;

export const json =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_asked, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };

/** Sends half of a body and cuts the connection. */
export const cutMidAnswer =
  (body: string): Answer =>
  (_asked, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  };

/** Takes the question and never answers. */
export const hang: Answer = () => undefined;

export interface VllmStandIn {
  readonly url: string;
  /** What was asked of the model, warm-ups of readiness left out. */
  readonly asked: AskedOfVllm[];
  health: number;
  /** Text of `/metrics`. */
  metrics: string;
  /** How the question that readiness depends on is answered. */
  warmUp: Answer;
  /** How the next questions are answered; the last one stays. */
  answers: Answer[];
  /** Resolves with the next question that is asked. */
  readonly nextAsked: () => Promise<AskedOfVllm>;
  readonly close: () => Promise<void>;
}

const warmedUp: Answer = (asked, response) => json(200, recorded("chat-choice-weather.json"))(asked, response);

/** A server that speaks vLLM's wire from recorded bytes, as the test tells it to. */
export async function startVllm(answers: Answer[], health = 200, warmUp: Answer = warmedUp): Promise<VllmStandIn> {
  const waiting: ((asked: AskedOfVllm) => void)[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/health") {
      response.writeHead(standIn.health).end();
      return;
    }
    if (request.url === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain" }).end(standIn.metrics);
      return;
    }
    void readBody(request).then((body) => {
      const gone = new Promise<void>((resolve) => response.on("close", () => !response.writableEnded && resolve()));
      const asked: AskedOfVllm = { path: request.url ?? "", headers: request.headers, body, gone };
      if (JSON.stringify(body).includes("Will it rain in Bergen?")) {
        standIn.warmUp(asked, response);
        return;
      }
      standIn.asked.push(asked);
      waiting.shift()?.(asked);
      const answer = standIn.answers.length > 1 ? standIn.answers.shift() : standIn.answers[0];
      answer?.(asked, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const standIn: VllmStandIn = {
    url: `http://127.0.0.1:${String(port)}`,
    asked: [],
    health,
    metrics: "",
    warmUp,
    answers,
    nextAsked: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return standIn;
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
