import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One question and its answer, as they crossed the wire. */
export interface Exchange {
  readonly path: string;
  readonly request: unknown;
  readonly status: number;
  readonly body: string;
}

export interface RecordingProxy {
  readonly url: string;
  /** In order of the answers; `GET`s are passed on and not kept. */
  readonly exchanges: Exchange[];
  readonly close: () => Promise<void>;
}

/** Stands before a server on loopback and keeps what is asked of it and what it says, byte for byte. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? "/";
      const asked = await text(request);
      const headers = { "content-type": "application/json" };
      const init = request.method === "POST" ? { method: "POST", headers, body: asked } : {};
      const answer = await fetch(new URL(path, target), init);
      const body = await answer.text();
      if (request.method === "POST") {
        exchanges.push({ path, request: JSON.parse(asked) as unknown, status: answer.status, body });
      }
      response
        .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" })
        .end(body);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    exchanges,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
