import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker } from "../../infra/local/worker/build-worker.ts";
import { runWorker } from "../../infra/local/worker/run-worker.ts";
import { keptLog } from "../logs/kept-logs.ts";
import { stack } from "../stack/provided.ts";
import { FaultyProxy } from "./faulty-proxy.ts";

/** A worker of a test's own, before the shared database and inference, each of which the test can take away. */
export interface OwnWorker {
  readonly baseUrl: string;
  readonly database: FaultyProxy;
  readonly inference: FaultyProxy;
  stop(): Promise<void>;
}

interface Options {
  /** A service of the test's own instead of the shared one. */
  readonly inference?: { readonly url: string; readonly token: string };
  /** More of the environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

export async function startOwnWorker({ inference, variables }: Options = {}): Promise<OwnWorker> {
  const shared = stack();
  const { url, token } = inference ?? { url: shared.inferenceUrl, token: shared.inferenceToken };
  const folder = await mkdtemp(join(tmpdir(), "signalbox-worker-"));
  const [database, service, build] = await Promise.all([
    FaultyProxy.before(shared.httpEndpoint),
    FaultyProxy.before(url),
    buildWorker(folder, AbortSignal.timeout(60_000)),
  ]);
  const log = keptLog("own-worker");
  const worker = await runWorker({
    build,
    port: 0,
    log,
    onRestart: () => Promise.resolve(),
    variables: (baseUrl) => ({
      ENVIRONMENT: "development",
      UPSTREAM_ADDRESSES: "loopback",
      DATABASE_URL_EDGE: shared.edgeUrl,
      DATABASE_URL_API: shared.apiUrl,
      DATABASE_HTTP_ENDPOINT: database.url,
      DATABASE_WS_PROXY: shared.wsProxy,
      INFERENCE_URL: service.url,
      INFERENCE_TOKEN: token,
      CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 1).toString("base64")}`,
      SIGNING_SECRET: "a secret of this worker and no other one",
      PUBLIC_URL: baseUrl,
      USAGE_SINK: "spool",
      ...variables,
    }),
  });
  return {
    baseUrl: worker.baseUrl,
    database,
    inference: service,
    async stop() {
      await worker.stop();
      await Promise.all([database.close(), service.close()]);
      log.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
