import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKERD } from "../../infra/workerd/binary.ts";
import { CLOCK_SOCKET, SOCKET, SPOOL_FOLDER, STATE_FOLDER, workerdConfig } from "../../infra/workerd/config.ts";
import { StandIn } from "../upstreams/stand-in.ts";

/** In the worker's place: calls what it is told to, through the network that it is told to. */
const CALLER = `
export const clock = { fetch() { return new Response(); } };
export class UsageSpool { fetch() { return new Response(); } }
export default {
  async fetch(request, env) {
    const { url, network } = await request.json();
    try {
      const answer = await (network === "upstream" ? env.UPSTREAM_NETWORK : globalThis).fetch(url, { redirect: "manual" });
      return Response.json({ status: answer.status });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};`;

let standIn: StandIn;
const folders: string[] = [];
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  standIn = await StandIn.start();
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await standIn.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** Runs the caller in the networks of a self-hosted worker. Gives what became of a call. */
async function callerIn(loopbackUpstreams: boolean) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-network-"));
  folders.push(folder);
  const build = { source: CALLER, config: { compatibilityDate: "2026-11-17" } };
  await writeFile(join(folder, "worker.js"), CALLER);
  await writeFile(join(folder, "config.capnp"), workerdConfig({ build, variables: [], loopbackUpstreams }));
  const places = [SPOOL_FOLDER, STATE_FOLDER].map((name) => `--directory-path=${name}=${join(folder, name)}`);
  for (const name of [SPOOL_FOLDER, STATE_FOLDER]) await mkdir(join(folder, name));
  const flags = [
    "serve",
    "--control-fd=3",
    ...[SOCKET, CLOCK_SOCKET].map((name) => `--socket-addr=${name}=127.0.0.1:0`),
    ...places,
    join(folder, "config.capnp"),
  ];
  const child = spawn(WORKERD, flags, { stdio: ["ignore", "ignore", "ignore", "pipe"], env: {} });
  const ended = once(child, "close");
  stops.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const said = JSON.parse(line) as { socket?: string; port: number };
      if (said.socket === SOCKET) resolve(said.port);
    });
  });
  return async (network: "upstream" | "services", url: string): Promise<{ status?: number; error?: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: JSON.stringify({ network, url }) });
    return (await answer.json()) as { status?: number; error?: string };
  };
}

describe("the network that a self-hosted worker calls providers through", () => {
  it("does not reach this machine or its network, by address or by a name that leads there", async () => {
    const caller = await callerIn(false);
    const port = new URL(standIn.baseUrl).port;
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const hosts = ["127.0.0.1", "localhost", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"];
    for (const { address, family, internal } of own) if (!internal && family === "IPv4") hosts.push(address);
    standIn.answer((call) => call.json("{}"));
    for (const host of hosts) {
      const { status, error } = await caller("upstream", `http://${host}:${port}/v1`);
      expect(status, host).toBeUndefined();
      expect(error, host).toBeDefined();
    }
    expect(standIn.calls).toHaveLength(0);
    // The same worker's own services are there, by the same name.
    expect(await caller("services", `http://localhost:${port}/v1`)).toEqual({ status: 200 });
  });

  it("does so in development, where providers may be on this machine", async () => {
    const caller = await callerIn(true);
    standIn.answer((call) => call.json("{}"));
    expect(await caller("upstream", standIn.baseUrl.replace("127.0.0.1", "localhost"))).toEqual({ status: 200 });
  });
});
