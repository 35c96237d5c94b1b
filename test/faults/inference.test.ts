import { setTimeout as pause } from "node:timers/promises";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONTRACT_VERSION } from "../../inference/contract/index.ts";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { FaultyProxy } from "../edge-path/faulty-proxy.ts";
import { startInference, TOKEN } from "../inference/inference-process.ts";
import { noteSaid } from "../logs/said.ts";
import { settledDecision } from "../stack/decision.ts";
import { stack } from "../stack/provided.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { beginRequest } from "./begin-request.ts";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "./own-workerd.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const document: RouterDocumentInput = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "echo-large" } },
  fallback: { model: "echo-small" },
  settings: { deadline_ms: 300 },
};
/** No measure: what happens by itself after a while has happened by then. */
const LIMIT_MS = 40_000;

let ground: Ground;
let wire: TcpProxy;
let service: FaultyProxy;
let worker: OwnWorkerd;
let tenant: TestTenant;
let key: string;
beforeAll(async () => {
  ground = await prepareGround();
  wire = await TcpProxy.before(stack().inferenceUrl);
  service = await FaultyProxy.before(wire.url);
  worker = await startOwnWorkerd(ground, "inference", { inferenceUrl: service.url });
});
beforeEach(async () => {
  service.mode = "pass";
  await wire.become("pass");
  ({ tenant, inferenceKey: key } = await mintEchoTenant(document));
});
afterAll(async () => {
  await kill(worker);
  await Promise.all([service.close(), wire.close()]);
  await ground.remove();
});

interface Asked {
  readonly status: number;
  readonly code: string | null;
  readonly source: string | null;
  readonly model: string | null;
  readonly decision: string;
}

async function ask(
  messages: unknown,
  headers: Readonly<Record<string, string>> = {},
  at: OwnWorkerd = worker,
): Promise<Asked> {
  noteSaid(stack().logDir, messages);
  const response = await fetch(`${at.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "auto", messages }),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return {
    status: response.status,
    code: error?.code ?? null,
    source: response.headers.get("x-signalbox-source"),
    model: response.headers.get("x-signalbox-model"),
    decision: response.headers.get("x-signalbox-decision")!,
  };
}

let turns = 0;
/** A turn that no request had before, so that nothing remembered answers for it. */
const turn = (): unknown => [{ role: "user", content: `When does parcel ${String((turns += 1))} arrive?` }];

const scores = (policy: string | null): string =>
  JSON.stringify({ scores: [{ policy, probability: 1 }], engine: "x@1", escalated: false, timings: {} });
const json = (status: number, body: string) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": "application/json" }).end(body);

/** The ways of failing, how each is brought about, and what the receipt then says. */
const WAYS: [string, () => Promise<void> | void, string][] = [
  // The proxy before a dead service breaks its connections.
  ["is dead", () => wire.become("refuse"), "unavailable"],
  ["breaks every connection", () => void (service.mode = "cut"), "unavailable"],
  ["takes connections and says nothing", () => void (service.mode = "hang"), "timeout"],
  ["is slower than the deadline", () => wire.become({ delayMs: 5_000 }), "timeout"],
  [
    "sends headers and then nothing",
    () => void (service.mode = (response) => response.writeHead(200).write('{"scores":')),
    "timeout",
  ],
  ["answers garbage", () => void (service.mode = json(200, "<html>")), "invalid"],
  ["answers half an answer", () => void (service.mode = json(200, scores("parcels").slice(0, 30))), "invalid"],
  ["names a policy nobody published", () => void (service.mode = json(200, scores("intruder"))), "invalid"],
  ["has an error", () => void (service.mode = json(500, "{}")), "unavailable"],
];

/** What a tenant meets while the service fails: the fallback and the reason, then a service that is left alone. */
async function expectFailing(reason: string, at: OwnWorkerd = worker): Promise<void> {
  const source = `fallback:${reason}`;
  const first = await ask(turn(), {}, at);
  expect(first).toMatchObject({ status: 200, source, model: "echo-small" });
  expect(await settledDecision(tenant, first.decision)).toMatchObject({ source, outcome: null, model: "echo-small" });
  const sources: (string | null)[] = [first.source];
  while (sources.at(-1) !== "fallback:breaker_open") {
    const next = await ask(turn(), {}, at);
    expect(next).toMatchObject({ status: 200, model: "echo-small" });
    sources.push(next.source);
    expect(sources.length).toBeLessThan(10);
  }
  expect(sources.slice(0, -1)).toEqual(Array(5).fill(source));
  expect(await ask(turn(), { "x-signalbox-fallback": "off" }, at)).toMatchObject({
    status: 503,
    code: "routing_unavailable",
  });
}

/** It is asked again when it is back, and from then on for every turn. */
async function expectRecovered(at: OwnWorkerd = worker): Promise<void> {
  expect(await untilDecided(at)).toMatchObject({ status: 200, model: "echo-large" });
  expect((await ask(turn(), {}, at)).source).toBe("engine");
}

async function untilDecided(at: OwnWorkerd): Promise<Asked> {
  for (const endsAt = Date.now() + LIMIT_MS; Date.now() < endsAt;) {
    const asked = await ask(turn(), {}, at);
    expect(asked.status).toBe(200);
    if (asked.source === "engine") return asked;
    await pause(200);
  }
  throw new Error("the breaker never closed");
}

describe("an inference service that", () => {
  it.each(WAYS)(
    "%s has every request served by the fallback, left alone, and asked again when it is back",
    async (_way, fail, reason) => {
      await fail();
      await expectFailing(reason);
      service.mode = "pass";
      await wire.become("pass");
      await expectRecovered();
    },
  );

  it("refuses connections is left alone as well, with nothing between that could say anything else", async () => {
    const own = await startOwnWorkerd(ground, "refused", { inferenceUrl: wire.url });
    await wire.become("refuse");
    await expectFailing("unavailable", own);
    await wire.become("pass");
    await expectRecovered(own);
    await kill(own);
  });

  it("is overloaded is not left alone: it says so itself, at once", async () => {
    service.mode = (response) => response.writeHead(429, { "retry-after": "1" }).end();
    for (let time = 0; time < 7; time += 1) expect((await ask(turn())).source).toBe("fallback:overloaded");
  });
});

describe("an inference service of another contract", () => {
  it("refuses the edge's questions by name, which the edge takes for one that fails, until it has the right one", async () => {
    const other = await startInference();
    const refusal = await other.post("/v1/decide", {
      contract: CONTRACT_VERSION + 1,
      policies: document.policies,
      conversation: turn(),
      deadlineMs: 250,
    });
    expect(refusal.status).toBe(400);
    const body = await refusal.text();
    await other.stop();
    service.mode = json(400, body);
    await expectFailing("invalid");
    service.mode = "pass";
    await expectRecovered();
  });
});

describe("a client that resets its connection while it is decided where its request goes", () => {
  it("leaves a receipt all the same, and calls no provider", async () => {
    await tenant.publish("default", { ...document, settings: { deadline_ms: 10_000 } });
    service.mode = "hang";
    const asked = service.nextRequest();
    const socket = await beginRequest(worker.baseUrl, key, { model: "auto", messages: turn() });
    await asked;
    socket.resetAndDestroy();
    const receipts = async (): Promise<unknown[]> => (await tenant.api("/decisions")).body.data as unknown[];
    await expect
      .poll(receipts, { timeout: 20_000, interval: 100 })
      .toMatchObject([{ status: "aborted", http_status: 499, outcome: null, attempts: 0 }]);
  });
});

describe("a loop of ten tool calls", () => {
  it("asks the inference service once", async () => {
    await tenant.publish("default", { ...document, settings: { deadline_ms: 10_000 } });
    const messages: unknown[] = [...(turn() as unknown[])];
    const before = service.seen;
    const sources: (string | null)[] = [];
    for (let call = 0; call < 10; call += 1) {
      sources.push((await ask(messages)).source);
      const id = `call_${String(call)}`;
      const called = { id, type: "function", function: { name: "track", arguments: "{}" } };
      messages.push(
        { role: "assistant", content: null, tool_calls: [called] },
        { role: "tool", tool_call_id: id, content: "on its way" },
      );
    }
    expect(sources).toEqual(["engine", ...Array<string>(9).fill("memo")]);
    expect(service.seen - before).toBe(1);
  });
});

describe("an inference process", () => {
  it("that is killed and started again decides again", async () => {
    let inference = await startInference();
    const { port } = new URL(inference.url);
    const own = await startOwnWorkerd(ground, "killed", { inferenceUrl: inference.url, inferenceToken: TOKEN });
    await tenant.publish("default", { ...document, settings: { deadline_ms: 10_000 } });
    expect((await ask(turn(), {}, own)).source).toBe("engine");
    inference.signal("SIGKILL");
    await inference.exited;
    expect(await ask(turn(), {}, own)).toMatchObject({ status: 200, source: "fallback:unavailable" });
    inference = await startInference({ PORT: port });
    expect(await ask(turn(), {}, own)).toMatchObject({ status: 200, source: "engine" });
    await Promise.all([kill(own), inference.stop()]);
  });
});
