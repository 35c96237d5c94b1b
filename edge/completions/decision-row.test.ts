import { describe, expect, it } from "vitest";
import { snapshotRow } from "../../test/edge-path/snapshot-row.ts";
import type { Reading } from "../routing/decision.ts";
import { routerDocumentSchema } from "../routing/router-document.ts";
import { compileSnapshot } from "../tenancy/compile-snapshot.ts";
import type { Prices } from "../tenancy/snapshot.ts";
import { decisionRow, type RequestEnd } from "./decision-row.ts";

const prices = { input_per_million: 1, cached_input_per_million: 0.1, output_per_million: 10 };
const engineReading: Reading = {
  source: "engine",
  scores: [{ policy: null, probability: 1 }],
  unsureReason: null,
  engine: "arch-router@3",
  decideMs: 5,
};
const tokens = { engine: "arch-router", inputTokens: 1_000_000, cachedInputTokens: 900_000, outputTokens: 1 };
const routed = { ...engineReading, tokens: [tokens] };
const usage = { inputTokens: 100, cachedInputTokens: null, outputTokens: 10, reasoningTokens: null, estimated: false };

function row(reading: Reading, end: Partial<RequestEnd> = {}, enginePrices: Record<string, Prices> = {}) {
  const snapshot = snapshotRow();
  const model = {
    id: "mdl_1",
    slug: "m",
    provider: "p",
    upstream_model: "u",
    prices: { input_per_million: 2, output_per_million: 8 },
    context_window: null,
    modalities: ["text" as const],
    capabilities: {},
    timeouts: {},
    created_at: "2026-01-01T00:00:00Z",
  };
  const document = routerDocumentSchema.parse({ policies: [], targets: {}, fallback: { model: "m" } });
  const router = { id: "rtr_1", slug: "r", version: 1, policy_digest: "d", published_at: "", document };
  const verdict = { outcome: "other" as const, policy: null, confidence: 1 };
  return decisionRow(
    { key: snapshot.key, tenant: compileSnapshot(snapshot), staleSeconds: null },
    {
      requestId: "req_1",
      startedAt: 0,
      authMs: 1,
      headers: new Headers(),
      signal: new AbortController().signal,
      waitUntil: () => undefined,
    },
    {
      decisionId: "dec_1",
      routed: { router, reading, verdict, split: null, routing: null },
      conversation: { key: "c", source: "messages" },
    },
    {
      kind: "completion",
      requestedModel: "auto",
      stream: false,
      status: "completed",
      httpStatus: 200,
      errorCode: null,
      candidate: { model, target: { model: "m" } },
      attempts: 1,
      finishReason: null,
      usage,
      upstreamMs: 1,
      firstByteMs: 2,
      endedAt: 3,
      ...end,
    },
    enginePrices,
  );
}

describe("a receipt", () => {
  it.each([
    ["interrupted", { ...usage, estimated: true }, 0.00028],
    ["aborted", { ...usage, outputTokens: 0, estimated: true }, 0.0002],
    ["completed", usage, 0.00028],
    ["failed", null, null],
  ] as const)("of an answer that was %s costs what was delivered", (status, used, cost_usd) => {
    const made = row(engineReading, { status, usage: used });
    expect([made.cost_usd, made.estimated]).toEqual([
      cost_usd === null ? null : expect.closeTo(cost_usd, 12),
      used?.estimated ?? false,
    ]);
  });

  const counted = {
    routing_input_tokens: 1_000_000,
    routing_cached_input_tokens: 900_000,
    routing_output_tokens: 1,
  };
  const none = { routing_input_tokens: null, routing_cached_input_tokens: null, routing_output_tokens: null };
  it("says how a cascade came to its decision, which costs what each engine costs that was asked", () => {
    const deciding = { decidedBy: "arch-router@1", escalated: true, agreed: false, shortlisted: null };
    const made = row({ ...routed, engine: "cascade@1", deciding }, {}, { "arch-router": prices });
    expect(made).toMatchObject({
      engine: "cascade@1",
      deciding: { decided_by: "arch-router@1", escalated: true, agreed: false, shortlisted: null },
      routing_cost_usd: expect.closeTo(0.19001, 9) as number,
    });
    expect(row(engineReading).deciding).toBeNull();
    const before = { engine: "small", inputTokens: 500, cachedInputTokens: 0, outputTokens: 9 };
    const both = { ...routed, tokens: [before, tokens] };
    const small = { input_per_million: 2, output_per_million: 0 };
    expect(row(both, {}, { "arch-router": prices, small })).toMatchObject({
      routing_input_tokens: 1_000_500,
      routing_output_tokens: 10,
      routing_cost_usd: expect.closeTo(0.19101, 9) as number,
    });
    expect(row(both, {}, { small }).routing_cost_usd).toBeCloseTo(0.001, 9);
  });

  it.each<[string, Reading, Record<string, unknown>]>([
    ["what was counted, at the engine's price", routed, { ...counted, routing_cost_usd: expect.closeTo(0.19001, 9) }],
    [
      "no cost when the engine has no price",
      { ...routed, tokens: [{ ...tokens, engine: "free" }] },
      { ...counted, routing_cost_usd: null },
    ],
    [
      "no cost when it is named as an object's own",
      { ...routed, tokens: [{ ...tokens, engine: "toString" }] },
      { routing_cost_usd: null },
    ],
    ["nothing when the engine does not count", engineReading, { ...none, routing_cost_usd: null }],
    ["nothing when the decision was remembered", { ...routed, source: "memo" }, { ...none, routing_cost_usd: null }],
    ["nothing when routing failed", { source: "fallback:timeout", decideMs: 1 }, { ...none, routing_cost_usd: null }],
  ])("keeps the router model's own calls apart: %s", (_name, reading, expected) => {
    const made = row(reading, {}, { "arch-router": prices });
    expect(made).toMatchObject({ ...expected, cost_usd: expect.closeTo(0.00028, 12), input_tokens: 100 });
  });
});
