import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultyProxy } from "../../../test/edge-path/faulty-proxy.ts";
import { TcpProxy } from "../../../test/faults/tcp-proxy.ts";
import { StandIn } from "../../../test/upstreams/stand-in.ts";
import { buildWorker } from "../../local/worker/build-worker.ts";
import { mintSecrets } from "../../local/secrets.ts";
import { startStack, type RunningStack } from "../../local/stack.ts";
import { startBridge } from "../../neon-bridge/bridge.ts";
import { runWorkerd, type RunningWorkerd } from "../../workerd/run-workerd.ts";

interface SceneWorker {
  readonly url: string;
  readonly process: RunningWorkerd;
}

/** Two self-hosted workers of one tenant, before services that can be taken away, and a worker that manages. */
export interface Scene {
  /** The one of the two that is asked where one will do. */
  readonly worker: SceneWorker;
  readonly workers: readonly SceneWorker[];
  readonly database: TcpProxy;
  readonly inference: FaultyProxy;
  readonly upstream: StandIn;
  /** Calls the management surface as the tenant's admin; throws when it is refused. */
  readonly manage: <T>(path: string, body?: object, headers?: Readonly<Record<string, string>>) => Promise<T>;
  /** Writes and publishes a router. */
  readonly publish: (slug: string) => Promise<void>;
  /** A key for inference. */
  readonly key: () => Promise<{ readonly id: string; readonly token: string }>;
  readonly stop: () => Promise<void>;
}

const START_LIMIT_MS = 120_000;

const document = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "small" } },
  fallback: { model: "small" },
};

export async function startScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const secrets = mintSecrets();
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const stack = await startStack({ dataDir: folder, logDir: folder, secrets, ports: {}, durable: false, signal });
  const [database, inference, upstream, build] = await Promise.all([
    TcpProxy.before(stack.database.adminUrl),
    FaultyProxy.before(stack.inferenceUrl),
    StandIn.start(),
    buildWorker(join(folder, "self-hosted"), signal),
  ]);
  const bridge = await startBridge({ target: { host: "127.0.0.1", port: database.port }, log: () => undefined });
  const through = (url: string): string => {
    const moved = new URL(url);
    moved.port = String(database.port);
    return moved.href;
  };
  const variables = {
    ENVIRONMENT: "development",
    UPSTREAM_ADDRESSES: "loopback",
    DATABASE_URL_EDGE: through(stack.database.edgeUrl),
    DATABASE_URL_API: through(stack.database.apiUrl),
    DATABASE_HTTP_ENDPOINT: bridge.httpEndpoint,
    DATABASE_WS_PROXY: bridge.wsProxy,
    INFERENCE_URL: inference.url,
    INFERENCE_TOKEN: stack.inferenceToken,
    CREDENTIAL_KEYS: secrets.credentialKeys,
    SIGNING_SECRET: secrets.signingSecret,
  };
  const start = async (name: string): Promise<SceneWorker> => {
    const place = { folder: join(folder, name), spoolFolder: join(folder, name, "spool") };
    const process = await runWorkerd({
      build,
      ...place,
      host: "127.0.0.1",
      port: 0,
      variables,
      onLine: () => undefined,
    });
    return { url: `http://127.0.0.1:${String(process.port)}`, process };
  };
  const worker = await start("one");
  const workers = [worker, await start("two")];
  const admin = await mintTenant(stack, secrets.operatorKey);
  const manage: Scene["manage"] = (path, body, headers) => call(`${stack.baseUrl}/api/v1${path}`, admin, body, headers);
  await manage("/providers", { slug: "echo", kind: "echo" });
  await manage("/models", { slug: "small", provider: "echo", upstream_model: "small" });
  const provider = { slug: "acme", kind: "openai-compatible", base_url: upstream.baseUrl, credential: "sk" };
  await manage("/providers", provider);
  await manage("/models", { slug: "streams", provider: "acme", upstream_model: "streams" });
  return {
    worker,
    workers,
    database,
    inference,
    upstream,
    manage,
    publish: (slug) => publish(stack, admin, slug),
    key: () => manage("/keys", { name: "bench", scopes: ["inference"] }),
    stop: async () => {
      for (const { process } of workers) process.signal("SIGKILL");
      await Promise.all(workers.map(({ process }) => process.exited));
      await database.become("pass");
      await bridge.close();
      await Promise.all([database.close(), inference.close(), upstream.stop()]);
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function mintTenant({ baseUrl }: RunningStack, operatorKey: string): Promise<string> {
  const made = await call<{ admin_key: { token: string } }>(`${baseUrl}/api/v1/tenants`, operatorKey, {
    name: "Bench",
  });
  return made.admin_key.token;
}

async function publish({ baseUrl }: RunningStack, admin: string, slug: string): Promise<void> {
  const router = `${baseUrl}/api/v1/routers`;
  const made = await send(router, admin, { slug });
  if (!made.ok && made.status !== 409) throw new Error(`${router} answered ${String(made.status)}`);
  const draft = await send(`${router}/${slug}/draft`, admin);
  await draft.body?.cancel();
  const ifMatch = { "if-match": draft.headers.get("etag") ?? "" };
  const written = await fetch(`${router}/${slug}/draft`, {
    method: "PUT",
    headers: { authorization: `Bearer ${admin}`, "content-type": "application/json", ...ifMatch },
    body: JSON.stringify(document),
  });
  if (!written.ok) throw new Error(`the draft was refused: ${await written.text()}`);
  await call(`${router}/${slug}/publish`, admin, {});
}

async function call<T>(
  url: string,
  key: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
): Promise<T> {
  const response = await send(url, key, body, headers);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}: ${text}`);
  return JSON.parse(text) as T;
}

function send(url: string, key: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}
