import { beforeAll, describe, expect, it } from "vitest";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const NOON = Date.parse("2026-06-15T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAYS = "from=2026-06-15T00:00:00Z&to=2026-06-17T00:00:00Z";

const within1Percent = (ms: number): unknown => expect.toSatisfy((got: number) => Math.abs(got - ms) <= ms / 100);
const routing = (input: number, cached: number, output: number, cost: number) => ({
  routing_input_tokens: input,
  routing_cached_input_tokens: cached,
  routing_output_tokens: output,
  routing_cost_usd: cost,
});

const TRIAL = { kind: "trial", cost_usd: null, input_tokens: null, output_tokens: null } as const;

describe("usage", () => {
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    await append([
      receipt(tenant.id, NOON, { timings_ms: { total: 10 }, cached_input_tokens: 4 }),
      receipt(tenant.id, NOON + 1000, { timings_ms: { total: 30 }, model: "large", cost_usd: 0.5 }),
      receipt(tenant.id, NOON + HOUR_MS, { request_status: "failed", policy: null, router: null, output_tokens: null }),
      receipt(tenant.id, NOON + 24 * HOUR_MS, { request_status: "interrupted", estimated: true, cost_usd: null }),
      // Decided without an answer: nothing was used, but what the router model took.
      receipt(tenant.id, NOON, { kind: "route" }),
      receipt(tenant.id, NOON, { kind: "route", ...routing(900, 800, 2, 0.01) }),
      // Copies for a candidate: their answer, or the router's, apart from everything else.
      receipt(tenant.id, NOON, { kind: "shadow", cost_usd: 0.2, timings_ms: { total: 9_000 } }),
      receipt(tenant.id, NOON, { kind: "shadow", request_status: "censored", cost_usd: null, input_tokens: null }),
      receipt(tenant.id, NOON, { kind: "shadow", cost_usd: null, ...routing(100, 0, 1, 0.03) }),
      // What evaluations took, apart from everything else too.
      receipt(tenant.id, NOON, { ...TRIAL, trial_decisions: 3, ...routing(300, 30, 3, 0.07) }),
      receipt(tenant.id, NOON, { ...TRIAL, trial_decisions: 1, ...routing(100, 0, 1, 0.01) }),
      receipt(other.id, NOON, { cost_usd: 100 }),
    ]);
  });

  it("sums requests, errors, tokens, cost and latency by day", async () => {
    const { status, body } = await tenant.api(`/usage?${DAYS}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      from: "2026-06-15T00:00:00.000Z",
      to: "2026-06-17T00:00:00.000Z",
      data: [
        {
          bucket: "2026-06-15T00:00:00.000Z",
          requests: 3,
          errors: 1,
          input_tokens: 30,
          cached_input_tokens: 4,
          output_tokens: 10,
          reasoning_tokens: 0,
          estimated_requests: 0,
          cost_usd: expect.closeTo(0.502, 9),
          routing: {
            input_tokens: 900,
            cached_input_tokens: 800,
            output_tokens: 2,
            cost_usd: expect.closeTo(0.01, 12),
          },
          shadow: { requests: 3, input_tokens: 120, output_tokens: 16, cost_usd: expect.closeTo(0.23, 12) },
          trials: {
            decisions: 4,
            input_tokens: 400,
            cached_input_tokens: 30,
            output_tokens: 4,
            cost_usd: expect.closeTo(0.08, 12),
          },
          latency_ms: { p50: within1Percent(12), p95: within1Percent(30) },
        },
        expect.objectContaining({
          bucket: "2026-06-16T00:00:00.000Z",
          requests: 1,
          errors: 1,
          estimated_requests: 1,
          cost_usd: 0,
        }),
      ],
    });
  });

  it.each([
    [
      "group_by=model",
      [
        ["large", 1],
        ["small", 2],
        ["small", 1],
      ],
    ],
    [
      "group_by=policy",
      [
        ["code", 2],
        [null, 1],
        ["code", 1],
      ],
    ],
    [
      "group_by=router",
      [
        ["default", 2],
        [null, 1],
        ["default", 1],
      ],
    ],
    [
      "group_by=key",
      [
        ["key_x", 3],
        ["key_x", 1],
      ],
    ],
  ] as const)("by %s has a row for each of its values", async (query, expected) => {
    const { body } = await tenant.api(`/usage?${DAYS}&${query}`);
    const [, group = ""] = query.split("=");
    expect((body.data as Record<string, unknown>[]).map((row) => [row[group], row["requests"]])).toEqual(expected);
  });

  it("by hour and several groups begins each row at its hour", async () => {
    const { body } = await tenant.api(`/usage?${DAYS}&bucket=hour&group_by=router,model`);
    expect(
      (body.data as Record<string, unknown>[]).map(({ bucket, model, router }) => [bucket, router, model]),
    ).toEqual([
      ["2026-06-15T12:00:00.000Z", "default", "large"],
      ["2026-06-15T12:00:00.000Z", "default", "small"],
      ["2026-06-15T13:00:00.000Z", null, "small"],
      ["2026-06-16T12:00:00.000Z", "default", "small"],
    ]);
  });

  it("leaves out what lies outside its time", async () => {
    const answer = await tenant.api("/usage?from=2026-06-15T12:00:01Z&to=2026-06-15T13:00:00Z");
    expect(answer.body.data).toMatchObject([{ requests: 1, cost_usd: 0.5 }]);
    expect((await tenant.api("/usage")).body.data).toEqual([]);
  });

  it("is the tenant's own", async () => {
    expect((await other.api(`/usage?${DAYS}`)).body.data).toMatchObject([{ requests: 1, cost_usd: 100 }]);
  });

  it.each([
    ["group_by=colour", "/group_by"],
    ["group_by=", "/group_by"],
    ["group_by=model,model", "/group_by"],
    ["bucket=minute", "/bucket"],
    ["from=yesterday", "/from"],
    ["from=2026-06-15T00:00:00Z&to=2026-06-15T00:00:00Z", "/from"],
    ["bucket=hour&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "/from"],
    ["from=2024-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "/from"],
    ["limit=5", "/limit"],
  ])("refuses '%s'", async (query, pointer) => {
    const answer = await tenant.api(`/usage?${query}`);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });
});
