import { beforeEach, describe, expect, it } from "vitest";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { call, mintEchoTenant, mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const DOCUMENT = {
  policies: [{ name: "parcels", description: "Where a parcel is and when it will arrive" }],
  targets: {},
  fallback: { model: "echo-small" },
};
const ROLLOUT = { router: "default", policy: "parcels", candidate: { model: "echo-code" }, percent: 50 };

interface Compared {
  readonly measure: string;
  readonly detail: string | null;
  readonly arms: Readonly<
    Record<string, { value: number; of: number; low: number | null; high: number | null } | null>
  >;
  readonly differences: Readonly<Record<string, unknown>>;
}

let tenant: TestTenant;
let key: string;
let id: string;
beforeEach(async () => {
  ({ tenant, inferenceKey: key } = await mintEchoTenant(DOCUMENT));
  id = (await tenant.api("/rollouts", { body: ROLLOUT })).body.id as string;
});

const requests = (arm: string, count: number, more: (index: number) => Partial<DecisionRecord>): DecisionRecord[] =>
  Array.from({ length: count }, (_, index) => receipt(tenant.id, Date.now(), { arm: `${arm}@${id}`, ...more(index) }));

const times = (total: number) => ({ timings_ms: { first_byte: total / 10, total } });

async function measures(query = ""): Promise<(measure: string, detail?: string) => Compared | undefined> {
  const answer = await tenant.api(`/rollouts/${id}/comparison${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const all = answer.body.measures as Compared[];
  return (measure, detail) => all.find((one) => one.measure === measure && one.detail === (detail ?? null));
}

describe("a comparison of a rollout's arms", () => {
  it("is made of the receipts of both arms, and of nothing else", async () => {
    await append([
      ...requests("control", 100, (index) => ({ ...times(10 * (index + 1)), cost_usd: 0.001, finish_reason: "stop" })),
      ...requests("candidate", 40, (index) => ({ ...times(20 * (index + 1)), cost_usd: 0.002, finish_reason: "stop" })),
      ...requests("candidate", 8, () => ({
        request_status: "failed",
        http_status: 504,
        error_code: "provider_timeout",
        cost_usd: null,
      })),
      ...requests("candidate", 2, () => ({ attempts: 2, ...times(10_000), cost_usd: 0.002, finish_reason: "length" })),
      ...requests("candidate", 3, () => ({ request_status: "aborted" })),
      // None of these is a request of an arm that had an answer coming.
      ...requests("candidate", 5, () => ({ kind: "route", request_status: "routed" })),
      ...requests("candidate", 5, () => ({ arm: "candidate@rol_01k9zq3m8v7x5t2r4w6y8a0b1c" })),
    ]);
    const body = (await tenant.api(`/rollouts/${id}/comparison`)).body;
    expect(body).toMatchObject({
      rollout: { id, percent: 50 },
      confidence: 0.95,
      arms: { control: { requests: 100, aborted: 0 }, candidate: { requests: 50, aborted: 3 } },
    });
    const of = await measures();
    expect(of("error_rate")?.arms).toMatchObject({ control: { value: 0 }, candidate: { value: 0.2, of: 50 } });
    expect(of("error", "provider_timeout")?.arms["candidate"]).toMatchObject({ value: 0.16 });
    expect(of("error", "retried")?.arms["candidate"]).toMatchObject({ value: 0.04 });
    expect(of("total_p50")?.arms["control"]).toEqual({ of: 100, value: 500, low: 400, high: 610 });
    expect(of("total_p95")?.arms["control"]).toEqual({ of: 100, value: 950, low: 900, high: 1000 });
    expect(of("first_byte_p50")?.arms["control"]).toEqual({ of: 100, value: 50, low: 40, high: 61 });
    expect(of("cost_usd")?.differences["candidate"]).toMatchObject({ value: expect.closeTo(0.001, 9) });
    expect(of("finish_reason", "stop")?.arms["control"]).toMatchObject({ value: 1, of: 100 });
  });

  it("holds feedback, but that of inference keys where the rollout leaves it out", async () => {
    const score = async (value: number): Promise<void> => {
      const [scored] = requests("candidate", 1, () => ({}));
      if (scored === undefined) throw new Error("one request was asked for");
      await append([scored]);
      const given = await call("/v1/feedback", key, { body: { decision: scored.id, score: value } });
      expect(given.status, JSON.stringify(given.body)).toBeLessThan(300);
    };
    await score(0.5);
    await score(1);
    const [entry] = (await tenant.api("/feedback")).body.data as { metric: string }[];
    expect((await measures())("feedback", entry?.metric)?.arms).toMatchObject({
      control: null,
      candidate: { of: 2, value: 0.75 },
    });

    await tenant.api(`/rollouts/${id}/abort`, { body: {} });
    const guardrails = { feedback_score: { metric: entry?.metric, at_least: 0, exclude_inference_feedback: true } };
    id = (await tenant.api("/rollouts", { body: { ...ROLLOUT, guardrails } })).body.id as string;
    await score(1);
    expect((await measures())("feedback", entry?.metric)).toBeUndefined();
    // Whoever looks may say otherwise, of a rollout without that guardrail too.
    expect((await measures("?exclude_inference_feedback=false"))("feedback", entry?.metric)).toBeDefined();
    const report = async (query: string): Promise<string> => (await tenant.api(`/rollouts/${id}/report${query}`)).body;
    expect(await report("")).not.toContain("Feedback (−1 to 1)");
    expect(await report("?exclude_inference_feedback=false")).toContain("Feedback (−1 to 1)");
    const wrong = await tenant.api(`/rollouts/${id}/comparison?exclude_inference_feedback=perhaps`);
    expectProblem(wrong, 422, "validation_failed");
  });

  it("is there before the first request and after the end, and nobody else's", async () => {
    const nothing = { requests: 0, aborted: 0, censored: 0, censored_by: {}, cost_usd: 0 };
    expect((await tenant.api(`/rollouts/${id}/comparison`)).body.arms).toEqual({
      control: nothing,
      candidate: nothing,
    });
    await tenant.api(`/rollouts/${id}/abort`, { body: {} });
    expect((await tenant.api(`/rollouts/${id}/comparison`)).body.rollout.status).toBe("aborted");
    const other = await mintTenant();
    await append([receipt(other.id, Date.now(), { arm: `candidate@${id}` })]);
    expectProblem(await other.api(`/rollouts/${id}/comparison`), 404, "not_found");
    expect((await tenant.api(`/rollouts/${id}/comparison`)).body.arms.candidate.requests).toBe(0);
  });

  it("says how the guardrails stand, from what they judge and of this tenant alone", async () => {
    await tenant.api(`/rollouts/${id}/abort`, { body: {} });
    const guardrails = {
      minimum_requests: 20,
      error_rate: { at_most: 0.1 },
      slow_total: { over_ms: 500, at_most: 0.5 },
    };
    id = (await tenant.api("/rollouts", { body: { ...ROLLOUT, guardrails } })).body.id as string;
    const hourAgo = Date.now() - 3_600_000;
    const earlier = (count: number, more: Partial<DecisionRecord>, owner = tenant.id): DecisionRecord[] =>
      Array.from({ length: count }, () => receipt(owner, hourAgo, { arm: `candidate@${id}`, ...times(100), ...more }));
    const other = await mintTenant();
    await append([...earlier(10, {}), ...earlier(30, { timings_ms: { total: 900 } }, other.id)]);
    const states = async () => (await tenant.api(`/rollouts/${id}/comparison`)).body.guardrails as unknown;
    expect(await states()).toMatchObject([
      { guardrail: "error_rate", state: "waiting", requests: 10, chance: 1, breach_at: expect.closeTo(0.05 / 1.5, 10) },
      { guardrail: "slow_total", state: "waiting", requests: 10 },
    ]);
    await append(earlier(20, { request_status: "failed", http_status: 502 }));
    expect(await states()).toMatchObject([
      { guardrail: "error_rate", state: "breached", requests: 30, chance: expect.closeTo(0, 4) },
      { guardrail: "slow_total", state: "holding", requests: 30 },
    ]);
  });
});

describe("a rollout's report", () => {
  it("is one page for who may read the rollout, and loads nothing", async () => {
    await append(requests("candidate", 12, (index) => times(100 * (index + 1))));
    const answer = await tenant.api(`/rollouts/${id}/report`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html; *charset=utf-8$/i);
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/,
    );
    expect(answer.headers.get("content-disposition")).toBe(`inline; filename="${id}.html"`);
    expect(answer.body).toContain("12 of the candidate");
    expect(answer.body).not.toMatch(/<script|https?:/);
    const other = await mintTenant();
    expectProblem(await other.api(`/rollouts/${id}/report`), 404, "not_found");
  });
});
