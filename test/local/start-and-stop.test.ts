import { execFile } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../infra/local/free-port.ts";
import { commandOf } from "../../infra/local/process-identity.ts";
import { LocalRun } from "./local-run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LIMIT_MS = 90_000;
const run = promisify(execFile);

async function stillRunning(processes: readonly { pid: number }[]): Promise<string[]> {
  const commands = await Promise.all(processes.map(({ pid }) => commandOf(pid)));
  return commands.filter((command) => command !== null);
}

async function ask(baseUrl: string, path: string, key: string, body?: unknown): Promise<Response> {
  return fetch(baseUrl + path, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
}

describe("npm start and npm run stop", { timeout: LIMIT_MS }, () => {
  let local: LocalRun;
  let port: number;

  beforeAll(async () => {
    local = await LocalRun.make();
    port = await freePort();
  });
  afterAll(() => local.remove(), LIMIT_MS);

  it("says so when there is nothing to stop", async () => {
    const stop = local.stop();
    expect(await stop.exited).toBe(0);
    expect(stop.output()).toBe("Signalbox is not running\n");
  });

  it("names a flag that is wrong", async () => {
    const start = local.start(99_999);
    expect(await start.exited).toBe(2);
    expect(start.output()).toContain("--port must be a port number");
  });

  it("names a port that is taken, and leaves nothing running", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const taken = (other.address() as AddressInfo).port;
    const start = local.start(taken);
    expect(await start.exited).toBe(1);
    other.close();
    expect(start.output()).toContain(`port ${String(taken)} of 127.0.0.1 is taken`);
    await expect(stat(join(local.dataDir, "run.json"))).rejects.toThrow("ENOENT");
  });

  it("leaves nothing running when Ctrl-C arrives while it starts", async () => {
    const start = local.start(port);
    await start.says("starting PostgreSQL");
    process.kill(start.pid, "SIGINT");
    expect(await start.exited).toBe(130);
    await expect(stat(join(local.dataDir, "run.json"))).rejects.toThrow("ENOENT");
    const again = local.stop();
    await again.exited;
    expect(again.output()).toBe("Signalbox is not running\n");
  });

  it("runs detached, prints programs that work when pasted, drains and stops", async () => {
    const start = local.start(port, "--detach");
    expect(await start.exited, start.output()).toBe(0);
    const facts = await local.facts();
    expect(facts.baseUrl).toBe(`http://127.0.0.1:${String(port)}`);
    expect(start.output()).toContain(facts.tenantKey);
    expect(start.output()).toContain(facts.operatorKey);
    expect((await stat(join(local.dataDir, "start.json"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(local.dataDir, "secrets.json"))).mode & 0o777).toBe(0o600);

    const program = /^import OpenAI.*?console\.log[^\n]*/ms.exec(start.output())?.[0] ?? "";
    expect(program.split("\n")).toHaveLength(5);
    const sdk = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: ROOT });
    expect(sdk.stdout).toMatch(/where is the station/);
    const curl = /^curl .*$/m.exec(start.output())?.[0] ?? "";
    expect((await run("sh", ["-c", curl])).stdout).toMatch(/^HTTP\/1\.1 200 OK[^]*x-signalbox-decision: dec_/);

    const second = local.start(port, "--detach");
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(`Signalbox runs already (process ${String(facts.pid)}, ${facts.baseUrl})`);
    expect((await fetch(`${facts.baseUrl}/readyz`)).status).toBe(200);

    const processes = await local.processes();
    expect(processes.map(({ command }) => command).join("\n")).toMatch(/host\.ts[^]*inference[^]*workerd/);
    const stop = local.stop();
    expect(await stop.exited).toBe(0);
    expect(stop.output()).toBe("stopped\n");
    expect(await stillRunning(processes)).toEqual([]);
    await expect(stat(join(local.dataDir, "start.json"))).rejects.toThrow("ENOENT");
  });

  it("keeps keys and data over a restart, receipts of the last moment included, and ends on Ctrl-C", async () => {
    const { demo } = (await local.json("secrets.json")) as { demo: { adminKey: string; inferenceKey: string } };
    const start = local.start(port);
    await start.says("Ctrl-C ends it");
    const { baseUrl, tenantKey } = await local.facts();
    expect(tenantKey).toBe(demo.inferenceKey);
    const list = await ask(baseUrl, "/api/v1/decisions", demo.adminKey);
    const { data } = (await list.json()) as { data: { model: string }[] };
    expect(data).toHaveLength(2);

    const processes = await local.processes();
    process.kill(start.pid, "SIGINT");
    process.kill(start.pid, "SIGINT");
    expect(await start.exited, start.output()).toBe(0);
    expect(await stillRunning(processes)).toEqual([]);
  });

  it("ends with a message when a part dies by itself", async () => {
    const start = local.start(port);
    await start.says("Ctrl-C ends it");
    const processes = await local.processes();
    const inference = processes.find(({ command }) => command.includes("inference/server.ts"));
    process.kill(inference?.pid ?? 0, "SIGKILL");
    expect(await start.exited).toBe(1);
    expect(start.output()).toMatch(/Signalbox stopped: the inference service ended by itself: see \S+inference\.log/);
    expect(await stillRunning(processes)).toEqual([]);
  });

  it("recovers from being killed, and starts over when told to", async () => {
    const killed = local.start(port, "--detach");
    expect(await killed.exited, killed.output()).toBe(0);
    const before = await local.facts();
    const processes = await local.processes();
    process.kill(before.pid, "SIGKILL");

    const fresh = local.start(port, "--detach", "--fresh");
    expect(await fresh.exited, fresh.output()).toBe(0);
    expect(await stillRunning(processes)).toEqual([]);
    const after = await local.facts();
    expect(after.tenantKey).not.toBe(before.tenantKey);
    expect((await ask(after.baseUrl, "/v1/models", before.tenantKey)).status).toBe(401);
    expect((await ask(after.baseUrl, "/v1/models", after.tenantKey)).status).toBe(200);
  });

  it("recovers its data after being killed", async () => {
    const { pid, tenantKey } = await local.facts();
    process.kill(pid, "SIGKILL");
    const again = local.start(port, "--detach");
    expect(await again.exited, again.output()).toBe(0);
    const facts = await local.facts();
    expect(facts.tenantKey).toBe(tenantKey);
    expect((await ask(facts.baseUrl, "/v1/models", tenantKey)).status).toBe(200);
  });
});
