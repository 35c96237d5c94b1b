import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of requests from now on: passed on, cut off, never answered, or answered by the test. */
type Mode = "pass" | "cut" | "hang" | ((response: ServerResponse) => void);

const HOP_HEADERS = new Set(["host", "connection", "content-length", "transfer-encoding"]);

/** Stands before a service of the stack, so that a test can take the service away and count what is asked of it. */
export class FaultyProxy {
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #target: URL;
  readonly #waiting = new Set<() => void>();
  #mode: Mode = "pass";
  /** Requests that came, whatever became of them. */
  seen = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async before(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#target.pathname.replace(/\/$/, "")}`;
  }

  get mode(): Mode {
    return this.#mode;
  }

  set mode(mode: Mode) {
    this.#mode = mode;
  }

  /** The next request has come. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.seen += 1;
    const mode = this.#mode;
    if (mode === "cut") response.destroy();
    else if (mode === "pass") await this.#pass(request, Buffer.concat(chunks), response);
    else if (mode !== "hang") mode(response);
    for (const told of this.#waiting) told();
    this.#waiting.clear();
  }

  async #pass(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const headers = Object.entries(request.headers)
      .filter(([name]) => !HOP_HEADERS.has(name))
      .map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(new URL(request.url ?? "/", this.#target), {
      method: request.method ?? "GET",
      headers,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}
