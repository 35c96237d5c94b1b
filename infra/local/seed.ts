import { readFile } from "node:fs/promises";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import type { DemoKeys } from "./secrets.ts";

const DEMO_ROUTER = new URL("demo-router.json", import.meta.url);
const ROUTER = "default";
const WARM_UP_LIMIT_MS = 10_000;
const MODELS = ["echo-small", "echo-large", "echo-code"];

export interface SeedContext {
  readonly baseUrl: string;
  readonly operatorKey: string;
  /** Keys of an earlier start. */
  readonly known: DemoKeys | null;
  /** Told of the keys as soon as they exist, so that an interrupted start does not lose them. */
  readonly keep: (keys: DemoKeys) => Promise<void>;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: unknown;
}

/**
 * Sets the demo tenant up over REST as any owner would: provider, models, router, a key for inference. What is there
 * already stays as it is, so a restart changes nothing that someone edited. Gives the inference key.
 */
export async function seedDemo(context: SeedContext): Promise<string> {
  const { known } = context;
  const usable = known !== null && (await request(context, known.adminKey, "/providers")).status === 200;
  const { tenantId, adminKey, inferenceKey } = usable ? known : await createTenant(context);
  if (inferenceKey !== undefined) return inferenceKey;

  const as = (path: string, body?: unknown, method?: string, headers?: Record<string, string>): Promise<Answer> =>
    request(context, adminKey, path, body, method, headers);
  mustOrExist(await as("/providers", { slug: "echo", kind: "echo" }));
  for (const slug of MODELS) mustOrExist(await as("/models", { slug, provider: "echo", upstream_model: slug }));
  mustOrExist(await as("/routers", { slug: ROUTER }));
  const router = must(await as(`/routers/${ROUTER}`)).body as { published_version: number | null };
  if (router.published_version === null) {
    const document = JSON.parse(await readFile(DEMO_ROUTER, "utf8")) as RouterDocumentInput;
    const { etag } = must(await as(`/routers/${ROUTER}/draft`));
    must(await as(`/routers/${ROUTER}/draft`, document, "PUT", { "if-match": etag ?? "*" }));
    must(await as(`/routers/${ROUTER}/publish`, { note: "The demo" }));
  }
  const key = must(await as("/keys", { name: "demo", scopes: ["inference"] })).body as { token: string };
  await context.keep({ tenantId, adminKey, inferenceKey: key.token });
  return key.token;
}

/** Lets inference prepare the demo's policies and decide once, so that the first request meets a warm engine. */
export async function warmUp(inferenceUrl: string, inferenceToken: string, signal: AbortSignal): Promise<void> {
  const { policies } = JSON.parse(await readFile(DEMO_ROUTER, "utf8")) as RouterDocumentInput;
  const request = {
    contract: 1,
    policies: policies.map(({ name, description }) => ({ name, description })),
    conversation: [{ role: "user", content: "Hello" }],
    deadlineMs: WARM_UP_LIMIT_MS,
  };
  // Cold, the product still works: a failure here is not the start's.
  await fetch(`${inferenceUrl}/v1/decide`, {
    method: "POST",
    headers: { authorization: `Bearer ${inferenceToken}`, "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  }).catch(() => undefined);
}

async function createTenant(context: SeedContext): Promise<DemoKeys> {
  const answer = must(await request(context, context.operatorKey, "/tenants", { name: "Demo" }));
  const { id, admin_key } = answer.body as { id: string; admin_key: { token: string } };
  const keys = { tenantId: id, adminKey: admin_key.token };
  await context.keep(keys);
  return keys;
}

async function request(
  context: SeedContext,
  key: string,
  path: string,
  body?: unknown,
  method = body === undefined ? "GET" : "POST",
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${context.baseUrl}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: context.signal,
  });
  const text = await response.text();
  const answer = { status: response.status, etag: response.headers.get("etag") };
  return { ...answer, body: text === "" ? null : (JSON.parse(text) as unknown) };
}

function must(answer: Answer): Answer {
  if (answer.status < 300) return answer;
  throw new Error(`the demo tenant could not be set up: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
}

/** As `must`, where an earlier start that was interrupted may have come this far. */
function mustOrExist(answer: Answer): void {
  if (answer.status !== 409) must(answer);
}
