import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Exchange {
  readonly path: string;
  readonly request: unknown;
  readonly status: number;
  readonly body: string;
}

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

/** Answers as the recorded server did to the same question; 500 to one that nobody has recorded. */
export function playback(format: string): Answer {
  const lines = recorded(`reading-${format}.jsonl`).trimEnd().split("\n");
  const answers = new Map(
    lines.map((line) => {
      const { path, request, status, body } = JSON.parse(line) as Exchange;
      return [JSON.stringify([path, request]), json(status, body)];
    }),
  );
  const unheardOf = json(500, '{"error":{"message":"never recorded"}}');
  return (asked, response) => (answers.get(JSON.stringify([asked.path, asked.body])) ?? unheardOf)(asked, response);
}

export interface VllmStandIn {
  readonly url: string;
  /** What was asked of the model, warm-ups of readiness left out. */
  readonly asked: AskedOfVllm[];
  /** What was asked of `/tokenize` and `/v1/completions` beside that. */
  readonly read: AskedOfVllm[];
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

interface StandInOptions {
  readonly health?: number;
  readonly warmUp?: Answer;
  /** How it answers `/tokenize` and `/v1/completions`; without it, it knows neither and can only be constrained. */
  readonly tokens?: Answer;
}

/** A server that speaks vLLM's wire from recorded bytes, as the test tells it to. */
export async function startVllm(
  answers: Answer[],
  { health = 200, warmUp = warmedUp, tokens }: StandInOptions = {},
): Promise<VllmStandIn> {
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
      if (asked.path === "/tokenize" || asked.path === "/v1/completions") {
        if (!isWarmUp(body)) standIn.read.push(asked);
        (tokens ?? json(404, recorded("error-detail.json")))(asked, response);
        return;
      }
      if (isWarmUp(body)) {
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
    read: [],
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

const isWarmUp = (body: unknown): boolean => JSON.stringify(body).includes("Will it rain in Bergen?");

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
