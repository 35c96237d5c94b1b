import { Agent, request, type IncomingHttpHeaders } from "node:http";
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

/** Sends to the shared worker what `fetch` would tidy up first. */
export function send({ method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  const lines = Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]);
  const { hostname, port } = new URL(stack().baseUrl);
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const length = body === null ? {} : { "content-length": String(bytes.length) };
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path, headers: { ...Object.fromEntries(lines), ...length } };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on("error", reject);
    sent.end(bytes);
  });
}
