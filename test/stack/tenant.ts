import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import type { Scope } from "../../edge/tenancy/snapshot.ts";
import { noteSaid } from "../logs/said.ts";
import { stack } from "./provided.ts";

/** An answer of the worker, read to its end. `body` is parsed JSON, or text when it is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into bodies of any shape and compare what they find.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface Call {
  readonly method?: string;
  /** Sent as JSON, or as it is when it is a string. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the shared worker as `token` (null: without a key). */
export function call(path: string, token: string | null, request: Call = {}): Promise<Answer> {
  return callAt(stack().baseUrl, path, token, request);
}

/** The same with a worker of a test's own. */
export async function callAt(
  baseUrl: string,
  path: string,
  token: string | null,
  { method, body, headers }: Call = {},
): Promise<Answer> {
  const response = await fetch(baseUrl + path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const answer = parsed(await response.text());
  noteSaid(stack().logDir, [typeof body === "string" ? parsed(body) : body, answer]);
  return { status: response.status, headers: response.headers, body: answer };
}

/** A tenant of its own, made over REST with the operator's key. Every method throws when the API refuses. */
export class TestTenant {
  readonly id: string;
  /** Token of the first key, with scope `admin`. */
  readonly adminKey: string;

  constructor(id: string, adminKey: string) {
    this.id = id;
    this.adminKey = adminKey;
  }

  /** Calls `/api/v1…` with the admin key and gives whatever it answers. */
  api(path: string, request: Call = {}): Promise<Answer> {
    return call(`/api/v1${path}`, this.adminKey, request);
  }

  /** Token of a new key; scope `inference` unless said otherwise. */
  async key(input: Readonly<Record<string, unknown>> & { readonly scopes?: readonly Scope[] } = {}): Promise<string> {
    const answer = await this.#must("/keys", { body: { name: "test", scopes: ["inference"], ...input } });
    return (answer.body as { token: string }).token;
  }

  /** A provider of kind `echo` unless said otherwise. */
  async provider(input: Readonly<Record<string, unknown>> & { readonly slug: string }): Promise<void> {
    await this.#must("/providers", { body: { kind: "echo", ...input } });
  }

  /** A model; its upstream name is its slug unless said otherwise. */
  async model(
    input: Readonly<Record<string, unknown>> & { readonly slug: string; readonly provider: string },
  ): Promise<void> {
    await this.#must("/models", { body: { upstream_model: input.slug, ...input } });
  }

  /** Makes the router unless it is there, writes its draft and publishes it. Gives the new version. */
  async publish(slug: string, document: RouterDocumentInput): Promise<number> {
    const created = await this.api("/routers", { body: { slug } });
    if (created.status !== 201 && created.status !== 409) throw refused("POST /routers", created);
    const draft = await this.#must(`/routers/${slug}/draft`, {});
    const headers = { "if-match": draft.headers.get("etag") ?? "" };
    await this.#must(`/routers/${slug}/draft`, { method: "PUT", body: document, headers });
    const published = await this.#must(`/routers/${slug}/publish`, { body: {} });
    return (published.body as { version: number }).version;
  }

  async #must(path: string, request: Call): Promise<Answer> {
    const answer = await this.api(path, request);
    if (answer.status >= 300) throw refused(path, answer);
    return answer;
  }
}

/** Mints a tenant that nothing else uses. */
export async function mintTenant(name = "Test"): Promise<TestTenant> {
  const answer = await call("/api/v1/tenants", stack().operatorKey, { body: { name } });
  if (answer.status !== 201) throw refused("/tenants", answer);
  const { id, admin_key } = answer.body as { id: string; admin_key: { token: string } };
  return new TestTenant(id, admin_key.token);
}

/**
 * A tenant with provider `echo`, the models `echo-small`, `echo-large` and `echo-code`, router `default` from
 * `document` and a key for inference.
 */
export async function mintEchoTenant(
  document: RouterDocumentInput,
): Promise<{ tenant: TestTenant; inferenceKey: string }> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  for (const slug of ["echo-small", "echo-large", "echo-code"]) await tenant.model({ slug, provider: "echo" });
  await tenant.publish("default", document);
  return { tenant, inferenceKey: await tenant.key() };
}

function refused(what: string, answer: Answer): Error {
  return new Error(`${what} answered ${String(answer.status)}: ${JSON.stringify(answer.body)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
