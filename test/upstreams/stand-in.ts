import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** One call that reached a stand-in upstream, and the means to answer it. */
export interface UpstreamCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came over the wire. */
  readonly body: string;
  /** Settles when the connection of this call is closed; true when the answer had been sent to its end. */
  readonly closed: Promise<boolean>;
  readonly respond: (status: number, headers: Readonly<Record<string, string>>, body?: string | Uint8Array) => void;
  readonly json: (body: string, status?: number) => void;
  /** A stream in the given pieces, then its end. */
  readonly stream: (pieces: readonly (string | Uint8Array)[]) => void;
  /** A stream that stays open: write to it, end it, or cut its connection. */
  readonly openStream: () => ServerResponse;
  /** Cuts the connection. */
  readonly cut: () => void;
  /** Breaks the connection with a reset. */
  readonly reset: () => void;
}

export type Answering = (call: UpstreamCall, index: number) => void | Promise<void>;

/** A model provider that says what a test tells it to, on a port of its own, of loopback unless said otherwise. */
export class StandIn {
  /** Every call since the last `answer`, in order of arrival. */
  readonly calls: UpstreamCall[] = [];
  /** Connections that were taken, whether or not a call came over them. */
  connections = 0;
  readonly #server: Server;
  #answering: Answering = (call) => call.respond(500, {});

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(host = "127.0.0.1"): Promise<StandIn> {
    const server = createServer();
    const standIn = new StandIn(server);
    server.on("connection", () => (standIn.connections += 1));
    server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => void standIn.#receive(request, response),
    );
    server.listen(0, host);
    await once(server, "listening");
    return standIn;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** How calls are answered from now on; `index` counts from 0. */
  answer(answering: Answering): void {
    this.calls.length = 0;
    this.#answering = answering;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = callOf(request, response, Buffer.concat(chunks).toString());
    this.calls.push(call);
    await this.#answering(call, this.calls.length - 1);
  }
}

function callOf(request: IncomingMessage, response: ServerResponse, body: string): UpstreamCall {
  const closed = new Promise<boolean>((resolve) => response.on("close", () => resolve(response.writableFinished)));
  const respond: UpstreamCall["respond"] = (status, headers, text = "") => {
    response.writeHead(status, { ...headers });
    response.end(text);
  };
  const openStream = (): ServerResponse => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    return response;
  };
  return {
    path: request.url ?? "",
    headers: request.headers,
    body,
    closed,
    respond,
    json: (text, status = 200) => respond(status, { "content-type": "application/json" }, text),
    stream: (pieces) => {
      const open = openStream();
      for (const piece of pieces) open.write(piece);
      open.end();
    },
    openStream,
    cut: () => response.destroy(),
    reset: () => void request.socket.resetAndDestroy(),
  };
}
