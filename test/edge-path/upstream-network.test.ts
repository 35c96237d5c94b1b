import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkBaseUrl } from "../../edge/upstream/address-policy.ts";
import { WORKERD } from "../../infra/workerd/binary.ts";
import { CLOCK_SOCKET, SOCKET, SPOOL_FOLDER, STATE_FOLDER, workerdConfig } from "../../infra/workerd/config.ts";
import { StandIn } from "../upstreams/stand-in.ts";

/** In the worker's place: calls or dials what it is told to, through the network that it is told to. */
const CALLER = `
import { connect } from "cloudflare:sockets";
export const clock = { fetch() { return new Response(); } };
export class UsageSpool { fetch() { return new Response(); } }
export default {
  async fetch(request, env) {
    const { url, network, way } = await request.json();
    const services = { fetch: (...asked) => fetch(...asked), connect: (...asked) => connect(...asked) };
    const through = network === "upstream" ? env.UPSTREAM_NETWORK : services;
    try {
      if (way === "dial") {
        const socket = through.connect(new URL(url).host);
        await socket.opened;
        await socket.close();
        return Response.json({ opened: true });
      }
      const answer = await through.fetch(url, { redirect: "manual" });
      return Response.json({ status: answer.status });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};`;

let standIn: StandIn;
const folders: string[] = [];
const stops: (() => Promise<unknown>)[] = [];
const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
beforeAll(async () => {
  standIn = await StandIn.start(addresses.some(({ family }) => family === "IPv6") ? "::" : "0.0.0.0");
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await standIn.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const isRefused = (host: string): boolean => checkBaseUrl(`https://${host}/v1`, "public") !== null;

/** How this machine may be called: its addresses in several notations, and what leads to them. */
async function ownHosts(): Promise<string[]> {
  const hosts = new Set(["127.0.0.1", "2130706433", "0.0.0.0", "localhost"]);
  for (const info of addresses) {
    // An address of the link means nothing without the link.
    if (info.family === "IPv6" && info.scopeid !== 0) continue;
    const host = info.family === "IPv6" ? `[${info.address}]` : info.address;
    // One that the whole world may reach is no secret of this machine's.
    if (isRefused(host)) hosts.add(host);
    if (isRefused(host) && info.family === "IPv4") hosts.add(`[::ffff:${info.address}]`);
  }
  const named = await lookup(hostname(), { all: true }).catch(() => []);
  if (named.some(({ address }) => addresses.some((own) => own.address === address))) hosts.add(hostname());
  return [...hosts];
}

type Network = "upstream" | "services";
/** `fetch` asks; `dial` opens a connection, and closes it. */
const WAYS = ["fetch", "dial"] as const;

interface Became {
  readonly status?: number;
  readonly opened?: boolean;
  readonly error?: string;
}

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
  return async (network: Network, way: (typeof WAYS)[number], host: string): Promise<Became> => {
    const url = `http://${host}:${new URL(standIn.baseUrl).port}/v1`;
    const body = JSON.stringify({ network, way, url });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body });
    return (await answer.json()) as Became;
  };
}

describe("the network that a self-hosted worker calls providers through", () => {
  it("does not reach this machine or its network, by address or by a name that leads there", async () => {
    const caller = await callerIn(false);
    const tried = (await ownHosts()).flatMap((host) => WAYS.map((way) => [way, host] as const));
    standIn.answer((call) => call.json("{}"));
    for (const [way, host] of tried) {
      expect(await caller("upstream", way, host), `${way} ${host}`).toEqual({ error: expect.any(String) });
    }
    expect([standIn.calls.length, standIn.connections]).toEqual([0, 0]);
    // All of them lead there: the same worker's own services are reached by each.
    for (const [way, host] of tried) {
      const there = way === "dial" ? { opened: true } : { status: 200 };
      expect(await caller("services", way, host), `${way} ${host}`).toEqual(there);
    }
  });

  it("does so in development, where providers may be on this machine", async () => {
    const caller = await callerIn(true);
    standIn.answer((call) => call.json("{}"));
    expect(await caller("upstream", "fetch", "localhost")).toEqual({ status: 200 });
    expect(await caller("upstream", "dial", "localhost")).toEqual({ opened: true });
  });
});
