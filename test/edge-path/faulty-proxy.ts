import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * What becomes of requests from now on: passed on, cut off, never answered, passed on with an answer that comes back late
 * or never ("swallow"), or answered by the test.
 */
type Mode = "pass" | "cut" | "hang" | "swallow" | { readonly delayMs: number } | ((response: ServerResponse) => void);

const HOP_HEADERS = new Set(["host", "connection", "content-length", "transfer-encoding"]);

/** Stands before a service of the stack, so that a test can take the service away and count what is asked of it. */
export class FaultyProxy {
  readonly #server = createServer((request, response) => {
    // What stands behind is itself gone.
    this.#serve(request, response).catch(() => response.destroy());
  });
  readonly #target: URL;
  readonly #waiting = new Set<() => void>();
  #mode: Mode = "pass";
  /** Which requests the mode is for, by their bodies; the others pass. */
  concerns: (body: string) => boolean = () => true;
  /** Requests that came, whatever became of them. */
  seen = 0;
  /** Those of them that the service behind has answered, as far as that was handed back. */
  answered = 0;

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
    const body = Buffer.concat(chunks);
    if (!this.concerns(body.toString())) return this.#pass(request, body, response);
    this.seen += 1;
    const mode = this.#mode;
    if (mode === "cut") response.destroy();
    else if (mode === "swallow") await this.#forward(request, body);
    else if (typeof mode === "function") mode(response);
    else if (mode !== "hang") {
      await this.#pass(request, body, response, mode === "pass" ? 0 : mode.delayMs);
      this.answered += 1;
    }
    for (const told of this.#waiting) told();
    this.#waiting.clear();
  }

  async #pass(request: IncomingMessage, body: Buffer, response: ServerResponse, delayMs = 0): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const answer = await this.#forward(request, body, gone.signal);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (delayMs > 0) await pause(delayMs);
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
    response.end(bytes);
  }

  /** `signal`: who asked waits no longer, and what stands behind is to hear of it. */
  #forward(request: IncomingMessage, body: Buffer, signal: AbortSignal | null = null): Promise<Response> {
    const headers = Object.entries(request.headers)
      .filter(([name]) => !HOP_HEADERS.has(name))
      .map(([name, value]): [string, string] => [name, String(value)]);
    return fetch(new URL(request.url ?? "/", this.#target), {
      method: request.method ?? "GET",
      headers,
      signal,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
  }
}
