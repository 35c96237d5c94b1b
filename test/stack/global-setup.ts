import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startDatabase } from "../../infra/local/database.ts";
import "./provided.ts";

/** Starts the stack once for all integration tests of a run. Each test mints its own tenant in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-test-"));
  const database = await startDatabase({
    dataDir: folder,
    logDir: folder,
    adminPassword: randomBytes(12).toString("hex"),
    durable: false,
    log: () => undefined,
  });
  project.provide("stack", {
    baseUrl: "",
    operatorKey: "",
    inferenceUrl: "",
    inferenceToken: "",
    adminUrl: database.adminUrl,
    edgeUrl: database.edgeUrl,
    apiUrl: database.apiUrl,
    jobsUrl: database.jobsUrl,
    httpEndpoint: database.bridge.httpEndpoint,
    wsProxy: database.bridge.wsProxy,
  });
  return async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
