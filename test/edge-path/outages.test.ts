import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { settledDecision } from "../stack/decision.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { startOwnWorker, type OwnWorker } from "./own-worker.ts";

const LIMIT_MS = 25_000;

const document: RouterDocumentInput = {
  policies: [
    { name: "poems", description: "Write a poem, a song or rhymes" },
    { name: "sums", description: "Calculate with numbers" },
  ],
  targets: { poems: { model: "echo-large" }, sums: { model: "echo-code" } },
  fallback: { model: "echo-small" },
  settings: { deadline_ms: 10_000 },
};

let worker: OwnWorker;
let tenant: TestTenant;
let key: string;

beforeAll(async () => {
  worker = await startOwnWorker();
});
afterAll(() => worker.stop());
beforeEach(async () => {
  worker.database.mode = "pass";
  worker.inference.mode = "pass";
  ({ tenant, inferenceKey: key } = await mintEchoTenant(document));
});

interface Asking {
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

async function ask(token: string | null, text: string, { model = "auto", headers, signal }: Asking = {}) {
  const response = await fetch(`${worker.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ model, messages: [{ role: "user", content: text }] }),
    ...(signal !== undefined && { signal }),
  });
  const body = (await response.json()) as { error?: { code: string } };
  return { status: response.status, headers: response.headers, code: body.error?.code ?? null };
}

/** Asks until an answer is as wanted; for what happens by itself after a time nobody here should know exactly. */
async function askUntil(wanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean) {
  const endsAt = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask(key, "again", { model: "echo-small" });
    if (wanted(answer)) return answer;
    if (Date.now() > endsAt) throw new Error(`never: last ${answer.status} ${JSON.stringify([...answer.headers])}`);
    await pause(250);
  }
}

const unknownKey = (): string => mintApiKey("dev", Math.random).token;

describe("what a key costs the database", () => {
  it("is nothing when it is malformed, one look-up when unknown, one when valid, however often it comes", async () => {
    const lookups = async (token: string | null, times: number): Promise<[number, number[]]> => {
      const before = worker.database.seen;
      const statuses: number[] = [];
      for (let time = 0; time < times; time += 1) {
        statuses.push((await ask(token, "hi", { model: "no-such-model" })).status);
      }
      return [worker.database.seen - before, [...new Set(statuses)]];
    };
    expect(await lookups(null, 3)).toEqual([0, [401]]);
    expect(await lookups("sk-not-ours", 3)).toEqual([0, [401]]);
    expect(await lookups(unknownKey().slice(0, -1) + "!", 3)).toEqual([0, [401]]);
    expect(await lookups(mintApiKey("op", Math.random).token, 3)).toEqual([0, [401]]);
    expect(await lookups(unknownKey(), 5)).toEqual([1, [401]]);
    expect(await lookups(key, 5)).toEqual([1, [404]]);
  });
});

describe("when the database goes away", () => {
  it.each(["cut", "hang"] as const)("(%s) a key never seen is told to come back", async (mode) => {
    worker.database.mode = mode;
    const answer = await ask(key, "hello", { model: "echo-small" });
    expect(answer).toMatchObject({ status: 503, code: "tenant_config_unavailable" });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    worker.database.mode = "pass";
    expect((await ask(key, "hello", { model: "echo-small" })).status).toBe(200);
  });

  it.each(["cut", "hang"] as const)("(%s) a key in use is served on, and told so, until it is back", async (mode) => {
    expect((await ask(key, "hello", { model: "echo-small" })).headers.has("x-signalbox-config")).toBe(false);
    worker.database.mode = mode;
    const stale = await askUntil(({ status, headers }) => status !== 200 || headers.has("x-signalbox-config"));
    expect(stale.status).toBe(200);
    expect(stale.headers.get("x-signalbox-config")).toMatch(/^stale;age=\d\d$/);
    worker.database.mode = "pass";
    const fresh = await askUntil(({ status, headers }) => status !== 200 || !headers.has("x-signalbox-config"));
    expect(fresh.status).toBe(200);
  });

  it("a request whose client left in the middle of its look-up spoils nobody else's", async () => {
    worker.database.mode = "hang";
    const client = new AbortController();
    const asked = worker.database.nextRequest();
    const left = ask(key, "hello", { model: "echo-small", signal: client.signal });
    await asked;
    client.abort();
    await expect(left).rejects.toThrow();
    worker.database.mode = "pass";
    const others = await Promise.all([1, 2, 3].map(() => ask(key, "hello", { model: "echo-small" })));
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("a revoked key stays out once that was seen, also without the database", async () => {
    const list = (await tenant.api("/keys")).body as { data: { id: string; name: string }[] };
    const { id } = list.data.find(({ name }) => name === "test")!;
    expect((await ask(key, "hello", { model: "echo-small" })).status).toBe(200);
    await tenant.api(`/keys/${id}/revoke`, { method: "POST" });
    const refused = await askUntil(({ status }) => status !== 200);
    expect(refused).toMatchObject({ status: 401, code: "invalid_api_key" });
    worker.database.mode = "cut";
    expect((await ask(key, "hello", { model: "echo-small" })).status).toBe(401);
  });
});

describe("when the inference service fails", () => {
  it("a turn is decided once, and remembered for this tenant alone", async () => {
    const before = worker.inference.seen;
    expect((await ask(key, "a poem about rain, please")).headers.get("x-signalbox-source")).toBe("engine");
    expect((await ask(key, "a poem about rain, please")).headers.get("x-signalbox-source")).toBe("memo");
    expect(worker.inference.seen - before).toBe(1);
    const other = await mintEchoTenant(document);
    const answer = await ask(other.inferenceKey, "a poem about rain, please");
    expect(answer.headers.get("x-signalbox-source")).toBe("engine");
  });

  it.each([
    ["is gone", "cut", "unavailable"],
    ["answers 503", (response) => response.writeHead(503).end(), "unavailable"],
    ["is overloaded", (response) => response.writeHead(429, { "retry-after": "1" }).end(), "overloaded"],
    ["answers nonsense", (response) => response.end("<html>"), "invalid"],
    [
      "names a policy nobody published",
      (response) =>
        response.end(
          JSON.stringify({
            scores: [{ policy: "intruder", probability: 1 }],
            engine: "x@1",
            escalated: false,
            timings: {},
          }),
        ),
      "invalid",
    ],
  ] as [string, OwnWorker["inference"]["mode"], string][])(
    "(it %s) the fallback serves and says why",
    async (_name, mode, reason) => {
      worker.inference.mode = mode;
      const { status, headers } = await ask(key, "a poem");
      expect(status).toBe(200);
      expect(headers.get("x-signalbox-source")).toBe(`fallback:${reason}`);
      expect(headers.get("x-signalbox-model")).toBe("echo-small");
      expect(headers.has("x-signalbox-policy")).toBe(false);
      const decision = await settledDecision(tenant, headers.get("x-signalbox-decision")!);
      expect(decision).toMatchObject({ source: `fallback:${reason}`, outcome: null });
    },
  );

  it("a hanging one is given up at the router's deadline", async () => {
    await tenant.publish("default", { ...document, settings: { deadline_ms: 100 } });
    worker.inference.mode = "hang";
    const { status, headers } = await ask(key, "a poem");
    expect([status, headers.get("x-signalbox-source")]).toEqual([200, "fallback:timeout"]);
  });

  it("it is left alone after five failures in a row, by this tenant and not by others", async () => {
    worker.inference.mode = "cut";
    const sources: (string | null)[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      sources.push((await ask(key, `poem ${turn}`)).headers.get("x-signalbox-source"));
    }
    expect(sources).toEqual([...Array<string>(5).fill("fallback:unavailable"), "fallback:breaker_open"]);
    worker.inference.mode = "pass";
    const other = await mintEchoTenant(document);
    expect((await ask(other.inferenceKey, "poem")).headers.get("x-signalbox-source")).toBe("engine");
  });

  it("the lint says what could not be asked and answers the rest", async () => {
    const lint = async (): Promise<string[]> => {
      const headers = { authorization: `Bearer ${tenant.adminKey}` };
      const response = await fetch(`${worker.baseUrl}/api/v1/routers/assistant/lint`, { headers });
      expect(response.status).toBe(200);
      return ((await response.json()) as { findings: { code: string }[] }).findings.map(({ code }) => code);
    };
    await tenant.publish("assistant", { ...document, targets: { poems: { model: "echo-large" } } });
    expect(await lint()).toEqual(["policy_without_target"]);
    worker.inference.mode = "cut";
    expect(await lint()).toEqual(["similarity_unchecked", "budget_unchecked", "policy_without_target"]);
  });
});
