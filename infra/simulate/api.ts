import { NOW_HEADER } from "./protocol.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed JSON; null where it is none, as of a page, a stream or an answer that broke off. */
  readonly body: unknown;
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the simulated worker at the moment that `clock` shows. */
export class Api {
  readonly #baseUrl: string;
  readonly #clock: () => number;

  constructor(baseUrl: string, clock: () => number) {
    this.#baseUrl = baseUrl;
    this.#clock = clock;
  }

  async call(token: string, path: string, { method, body, headers }: Call = {}): Promise<Reply> {
    const response = await fetch(this.#baseUrl + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        authorization: `Bearer ${token}`,
        [NOW_HEADER]: String(this.#clock()),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text().catch(() => "");
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  /** As `call`; throws when it is refused. */
  async must<T>(token: string, path: string, call: Call = {}): Promise<T> {
    const reply = await this.call(token, path, call);
    if (reply.status < 300) return reply.body as T;
    throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  }

  /** The ETag of what is at a path. */
  async etag(token: string, path: string): Promise<string> {
    return (await this.call(token, path)).headers.get("etag") ?? "*";
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
