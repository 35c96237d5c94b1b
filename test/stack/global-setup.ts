import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { mintSecrets } from "../../infra/local/secrets.ts";
import { startStack } from "../../infra/local/stack.ts";
import { scanLogs } from "../logs/scan.ts";
import type {} from "./provided.ts";

/** Starts the stack once for all integration tests of a run. Each test mints its own tenant in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-test-"));
  const secrets = mintSecrets();
  const stack = await startStack({
    dataDir: folder,
    logDir: folder,
    secrets,
    ports: {},
    durable: false,
    signal: AbortSignal.timeout(180_000),
  });
  const { database } = stack;
  project.provide("stack", {
    baseUrl: stack.baseUrl,
    operatorKey: secrets.operatorKey,
    credentialKeys: secrets.credentialKeys,
    inferenceUrl: stack.inferenceUrl,
    inferenceToken: stack.inferenceToken,
    adminUrl: database.adminUrl,
    edgeUrl: database.edgeUrl,
    apiUrl: database.apiUrl,
    jobsUrl: database.jobsUrl,
    httpEndpoint: database.bridge.httpEndpoint,
    wsProxy: database.bridge.wsProxy,
    logDir: folder,
  });
  return async () => {
    await stack.stop();
    const passwords = [database.adminUrl, database.edgeUrl, database.apiUrl, database.jobsUrl].map(
      (url) => new URL(url).password,
    );
    const { operatorKey, credentialKeys, signingSecret } = secrets;
    const own = [operatorKey, credentialKeys, signingSecret, stack.inferenceToken, ...passwords];
    const { files, bytes, said, leaks } = await scanLogs(folder, own);
    // Left where it is, to be looked at.
    if (leaks.length > 0) throw new Error(`logs hold what they must not:\n${leaks.slice(0, 20).join("\n")}`);
    console.log(`logs: ${files} files, ${bytes} bytes, none of ${said} secrets and texts that tests have said`);
    await rm(folder, { recursive: true, force: true });
  };
}
