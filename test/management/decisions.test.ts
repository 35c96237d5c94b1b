import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeId } from "../../edge/ids.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { call, mintEchoTenant, mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const DAY_MS = 86_400_000;
const NOON = Date.parse("2026-06-15T12:00:00Z");

describe("receipts", () => {
  let tenant: TestTenant;
  let records: DecisionRecord[];

  beforeAll(async () => {
    tenant = await mintTenant();
    records = [
      receipt(tenant.id, NOON),
      receipt(tenant.id, NOON + 1000, { source: "memo", outcome: "other", policy: null }),
      receipt(tenant.id, NOON + 2000, { source: "fallback:timeout", outcome: null, policy: null, confidence: null }),
      receipt(tenant.id, NOON + DAY_MS, { source: "explicit", router: null, outcome: null, model: "acme/big:v1" }),
      receipt(tenant.id, NOON + 2 * DAY_MS, {
        router: "support-bot",
        policy: "Übersetzung",
        request_status: "interrupted",
      }),
    ];
    await append(records);
  });

  it("say what was decided, what served and what it took", async () => {
    const answer = await tenant.api(`/decisions/${records[0]?.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: records[0]?.id,
      created_at: "2026-06-15T12:00:00.000Z",
      router: "default",
      version: 1,
      outcome: "matched",
      policy: "code",
      confidence: 0.75,
      source: "engine",
      engine: "embedded@1",
      model: "small",
      attempts: 1,
      status: "completed",
      usage: { input_tokens: 10, cached_input_tokens: 0, output_tokens: 5, reasoning_tokens: null, estimated: false },
      cost_usd: 0.001,
      timings_ms: { total: 12 },
    });
  });

  it("page newest first, unmoved by newer ones that come in between", async () => {
    const own = await mintTenant();
    const older = Array.from({ length: 5 }, (_, index) => receipt(own.id, NOON + index * DAY_MS));
    await append(older);
    const first = await own.api("/decisions?limit=2");
    await append([receipt(own.id, NOON + 9 * DAY_MS)]);
    const second = await own.api(`/decisions?limit=2&cursor=${first.body.next_cursor}`);
    const third = await own.api(`/decisions?limit=2&cursor=${second.body.next_cursor}`);
    const ids = [first, second, third].flatMap(({ body }) => (body.data as { id: string }[]).map(({ id }) => id));
    expect(ids).toEqual(older.map(({ id }) => id).toReversed());
    expect(third.body.next_cursor).toBeNull();
  });

  it.each([
    ["", [4, 3, 2, 1, 0]],
    ["router=default", [2, 1, 0]],
    ["router=support-bot", [4]],
    ["policy=code", [3, 0]],
    [`policy=${encodeURIComponent("Übersetzung")}`, [4]],
    ["model=acme%2Fbig:v1", [3]],
    ["source=engine", [4, 0]],
    ["source=fallback", [2]],
    ["source=fallback:timeout", [2]],
    ["source=fallback:invalid", []],
    ["outcome=other", [1]],
    ["outcome=matched&router=default", [0]],
    ["from=2026-06-15T12:00:01Z", [4, 3, 2, 1]],
    ["to=2026-06-15T12:00:01Z", [0]],
    ["from=2026-06-16T00:00:00Z&to=2026-06-17T00:00:00Z", [3]],
    [`from=${encodeURIComponent("2026-06-16T02:00:00+02:00")}&to=2026-06-17T00:00:00Z`, [3]],
    ["conversation=nobody", []],
  ])("filtered by '%s' are these", async (query, expected) => {
    const answer = await tenant.api(`/decisions?${query}`);
    expect(answer.status).toBe(200);
    expect(
      (answer.body.data as { id: string }[]).map(({ id }) => records.findIndex((record) => record.id === id)),
    ).toEqual(expected);
  });

  it.each([
    ["limit=0", "/limit"],
    ["limit=101", "/limit"],
    ["limit=ten", "/limit"],
    ["limit=", "/limit"],
    ["limit=1&limit=2", "/limit"],
    ["cursor=nonsense", "/cursor"],
    ["cursor=", "/cursor"],
    ["cursor=dec_7zzzzzzzzzzzzzzzzzzzzzzzzz", "/cursor"],
    ["outcome=maybe", "/outcome"],
    ["source=magic", "/source"],
    ["router=Not%20A%20Slug", "/router"],
    ["policy=%00", "/policy"],
    ["model=%00", "/model"],
    ["conversation=%00", "/conversation"],
    ["from=yesterday", "/from"],
    ["to=0000-01-01T00:00:00Z", "/to"],
    ["colour=blue", "/colour"],
  ])("refuse the query '%s'", async (query, pointer) => {
    const answer = await tenant.api(`/decisions?${query}`);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });

  it("that may still come are pending, and those that will not are not found", async () => {
    const pending = await tenant.api(`/decisions/${makeId("decision", Date.now(), Math.random)}`);
    expectProblem(pending, 404, "decision_pending");
    expect(pending.headers.get("retry-after")).toBe("1");
    for (const atMs of [Date.now() - 61_000, Date.now() + DAY_MS, NOON]) {
      expectProblem(await tenant.api(`/decisions/${makeId("decision", atMs, Math.random)}`), 404, "not_found");
    }
    for (const id of ["dec_nonsense", "key_01k9zq3m8v7x5t2r4w6y8a0b1c", "%00", "dec_8zzzzzzzzzzzzzzzzzzzzzzzzz"]) {
      expectProblem(await tenant.api(`/decisions/${id}`), 404, "not_found");
    }
  });

  it("of another tenant look like none, whether old or of this minute", async () => {
    const other = await mintTenant();
    const [old, fresh] = [receipt(other.id, NOON), receipt(other.id, Date.now())];
    await append([old, fresh]);
    expect((await other.api(`/decisions/${fresh.id}`)).status).toBe(200);
    expectProblem(await tenant.api(`/decisions/${old.id}`), 404, "not_found");
    expectProblem(await tenant.api(`/decisions/${fresh.id}`), 404, "decision_pending");
  });

  it("of a request come after its answer, and are found by what the client called the conversation", async () => {
    const { tenant: own, inferenceKey } = await mintEchoTenant({
      policies: [{ name: "code", description: "Writing code" }],
      targets: {},
      fallback: { model: "echo-small" },
    });
    const answer = await call("/v1/chat/completions", inferenceKey, {
      body: { model: "echo-large", messages: [{ role: "user", content: "hello" }] },
      headers: { "x-signalbox-conversation": "talk-1" },
    });
    expect(answer.status).toBe(200);
    const id = answer.headers.get("x-signalbox-decision");
    const receipt = await vi.waitFor(
      async () => {
        const read = await own.api(`/decisions/${id}`);
        if (read.status !== 200) expectProblem(read, 404, "decision_pending");
        expect(read.status).toBe(200);
        return read;
      },
      { timeout: 25_000, interval: 250 },
    );
    expect(receipt.body).toMatchObject({ id, source: "explicit", model: "echo-large", status: "completed" });
    expect((await own.api("/decisions?conversation=talk-1")).body.data).toEqual([receipt.body]);
    expect((await own.api("/decisions?conversation=talk-2")).body.data).toEqual([]);
  });
});
