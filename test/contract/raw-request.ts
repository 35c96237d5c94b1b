import { Agent, request, type ClientRequest, type IncomingHttpHeaders } from "node:http";
import { stack } from "../stack/provided.ts";

/** A request as it goes over the wire: a header with several values is sent as often. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array | null;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true });

/** Begins a request to the shared worker as `fetch`, which tidies up first, would not. */
function begin({ method, path, headers, body }: RawRequest, scoped: Agent): ClientRequest {
  const lines = Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]);
  const { hostname, port } = new URL(stack().baseUrl);
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const length = body === null ? {} : { "content-length": String(bytes.length) };
  const all = { ...Object.fromEntries(lines), ...length };
  const sent = request({ agent: scoped, hostname, port, method, path, headers: all });
  sent.end(bytes);
  return sent;
}

/** Sends a request and gives its answer. */
export function send(request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = begin(request, agent);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
  });
}

/** Sends a request to its end and hangs up, whatever becomes of it. */
export function sendAndHangUp(request: RawRequest): Promise<void> {
  return new Promise((resolve) => {
    const sent = begin(request, new Agent());
    // What a hung-up connection complains of is what was asked for.
    sent.on("error", () => undefined);
    sent.on("close", resolve);
    sent.on("finish", () => sent.destroy());
  });
}
