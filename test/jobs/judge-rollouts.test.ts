import { describe, expect, it } from "vitest";
import { recordFeedback } from "../../edge/feedback/record.ts";
import { judgeRollouts } from "../../edge/jobs/judge-rollouts.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { newId } from "../database/full-tenant.ts";
import { append, receipt } from "../management/receipt.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { useJobsAlone } from "./alone-at-jobs.ts";
import { edgeDatabase, jobsDatabase } from "./jobs-database.ts";

const QUARTER_MS = 900_000;
const guardrails = { minimum_requests: 20, error_rate: { times_control: 1 }, cost_per_request: { times_control: 2 } };
const DOCUMENT = {
  policies: [{ name: "code", description: "Write code" }],
  targets: {},
  fallback: { model: "echo-small" },
};

useJobsAlone();

async function guarded(by: object = guardrails): Promise<{ tenant: TestTenant; id: string }> {
  const { tenant } = await mintEchoTenant(DOCUMENT);
  const split = { router: "default", policy: "code", candidate: { model: "echo-code" }, percent: 50 };
  const made = await tenant.api("/rollouts", { body: { ...split, guardrails: by } });
  expect(made).toMatchObject({ status: 201, body: { guardrails: by } });
  return { tenant, id: made.body.id as string };
}

/** Judges all guarded rollouts as the jobs' role, once every batch that has begun by now is over. */
async function judge(): Promise<void> {
  const jobs = jobsDatabase();
  const now = (): number => Date.now() + 2 * QUARTER_MS;
  await judgeRollouts({ jobs, now, newId, log: () => undefined }, () => true);
}

const requests = (
  tenant: TestTenant,
  arm: string,
  count: number,
  more: Partial<DecisionRecord> = {},
): DecisionRecord[] => Array.from({ length: count }, () => receipt(tenant.id, Date.now(), { arm, ...more }));

it("aborts a rollout whose candidate fails more often, says why, and leaves a good one and another tenant's running", async () => {
  const bad = await guarded();
  const good = await guarded();
  for (const { tenant, id } of [bad, good]) {
    await append([...requests(tenant, `control@${id}`, 40), ...requests(tenant, `candidate@${id}`, 20)]);
  }
  await append(requests(bad.tenant, `candidate@${bad.id}`, 20, { request_status: "failed", http_status: 502 }));
  // Told under another tenant's name, it is nothing of this rollout's.
  await append(requests(good.tenant, `candidate@${bad.id}`, 20, { request_status: "failed", http_status: 502 }));
  await judge();

  const aborted = (await bad.tenant.api(`/rollouts/${bad.id}`)).body;
  expect(aborted).toMatchObject({ status: "aborted", reason: expect.stringMatching(/^error_rate: over its limit; /) });
  const [entry] = (await bad.tenant.api("/audit-log")).body.data as Record<string, unknown>[];
  expect(entry).toMatchObject({ action: "rollout.abort", actor: "guardrails", target: { id: bad.id } });
  expect((await good.tenant.api(`/rollouts/${good.id}`)).body).toMatchObject({ status: "running", reason: null });
});

it("aborts a rollout whose candidate costs too much", async () => {
  const { tenant, id } = await guarded();
  const spread = (arm: string, costs: number[]): DecisionRecord[] =>
    costs.flatMap((cost_usd) => requests(tenant, arm, 20, { cost_usd }));
  await append([...spread(`control@${id}`, [0.001, 0.002]), ...spread(`candidate@${id}`, [0.007, 0.008])]);
  await judge();
  expect((await tenant.api(`/rollouts/${id}`)).body).toMatchObject({
    status: "aborted",
    reason: expect.stringMatching(/^cost_per_request: /),
  });
});

it("aborts a rollout of a router's model after whose decisions requests fail more often", async () => {
  const { tenant } = await mintEchoTenant(DOCUMENT);
  const split = { router: "default", candidate: { engine: "embedded", deadline_ms: 5_000 }, percent: 50, guardrails };
  const { id } = (await tenant.api("/rollouts", { body: split })).body as { id: string };
  // The same requests are in a rollout of their policy, which has nothing to do with it.
  const of = (arm: string, more: Partial<DecisionRecord> = {}): DecisionRecord[] =>
    requests(tenant, "control@rol_01k9zq3m8v7x5t2r4w6y8a0b1c", 20, { routing_arm: `${arm}@${id}`, ...more });
  const failed = { request_status: "failed", http_status: 502 } as const;
  await append([...of("control"), ...of("control"), ...of("candidate"), ...of("candidate", failed)]);
  await judge();
  const { status, reason } = (await tenant.api(`/rollouts/${id}`)).body as Record<string, unknown>;
  expect([status, reason]).toEqual(["aborted", expect.stringMatching(/^error_rate: /)]);
});

describe("a rollout that is guarded by feedback", () => {
  const feedback_score = { metric: "helpful", below_control: 0.2 };
  const by = { minimum_requests: 20, feedback_score };

  interface Sender {
    readonly source: "inference" | "webhook";
    readonly sourceId: string;
  }
  const KEY: Sender = { source: "inference", sourceId: "key_a" };
  const PLATFORM: Sender = { source: "webhook", sourceId: "fbs_a" };

  /** Requests of an arm, each with the scores that the sender gives it. */
  async function rated(
    { tenant, id }: { tenant: TestTenant; id: string },
    arm: string,
    scores: readonly number[],
    senders: readonly Sender[] = [KEY],
    metric = "helpful",
  ): Promise<void> {
    const records = scores.flatMap(() => requests(tenant, `${arm}@${id}`, 1));
    await append(records);
    const events = records.map(({ id: decision }, index) => ({
      decision,
      score: scores[index] ?? 0,
      metric,
      label: null,
      comment: null,
    }));
    for (const sender of senders) {
      const deps = { db: { edge: edgeDatabase() } as never, newId, now: () => Date.now() };
      const told = await recordFeedback(deps, { tenantId: tenant.id, ...sender }, events, Date.now());
      expect(told.every(({ ok }) => ok)).toBe(true);
    }
  }
  const times = (count: number, score: number): number[] => Array<number>(count).fill(score);
  const read = async ({ tenant, id }: { tenant: TestTenant; id: string }) => (await tenant.api(`/rollouts/${id}`)).body;

  it("is aborted when the candidate's is worse than it may be, and says why; others go on", async () => {
    const bad = await guarded(by);
    const good = await guarded(by);
    const elsewhere = await guarded(by);
    for (const rollout of [bad, good, elsewhere]) await rated(rollout, "control", [...times(90, 1), ...times(10, -1)]);
    await rated(bad, "candidate", [...times(30, -1), ...times(10, 1)]);
    await rated(good, "candidate", [...times(34, 1), ...times(6, -1)]);
    // What is another metric's is nothing of this one's, nor what another tenant says of this rollout.
    await rated(elsewhere, "candidate", times(40, -1), [KEY], "tone");
    await rated({ tenant: good.tenant, id: elsewhere.id }, "candidate", times(40, -1));
    await judge();
    const reason = expect.stringMatching(/^feedback_score: under its limit; chance of such numbers .*: \d\.\de-\d+$/);
    expect(await read(bad)).toMatchObject({ status: "aborted", reason });
    const [entry] = (await bad.tenant.api("/audit-log")).body.data as Record<string, unknown>[];
    expect(entry).toMatchObject({ action: "rollout.abort", actor: "guardrails", target: { id: bad.id } });
    expect(await read(good)).toMatchObject({ status: "running", reason: null });
    expect(await read(elsewhere)).toMatchObject({ status: "running", reason: null });
  });

  it("waits for enough requests with feedback, and takes what several say of one for one", async () => {
    const bound = { minimum_requests: 30, feedback_score: { metric: "helpful", at_least: 0.5 } };
    const few = await guarded(bound);
    await rated(few, "candidate", times(29, -1), [KEY, PLATFORM]);
    await append(requests(few.tenant, `candidate@${few.id}`, 50));
    const torn = await guarded(bound);
    await rated(torn, "candidate", times(40, 1), [PLATFORM]);
    await rated(torn, "candidate", times(40, 0.4), [KEY, PLATFORM]);
    await judge();
    expect([(await read(few)).status, (await read(torn)).status]).toEqual(["running", "running"]);
    await rated(few, "candidate", times(1, -1));
    await judge();
    expect((await read(few)).status).toBe("aborted");
  });

  it("leaves out what came with inference keys where its owner says so", async () => {
    const excluding = { ...by, feedback_score: { ...feedback_score, exclude_inference_feedback: true } };
    const by_keys = await guarded(excluding);
    const by_platform = await guarded(excluding);
    for (const rollout of [by_keys, by_platform]) await rated(rollout, "control", times(100, 1), [PLATFORM]);
    await rated(by_keys, "candidate", times(60, -1), [KEY]);
    await rated(by_keys, "candidate", times(60, 1), [PLATFORM]);
    await rated(by_platform, "candidate", times(60, -1), [PLATFORM]);
    await judge();
    expect((await read(by_keys)).status).toBe("running");
    expect((await read(by_platform)).status).toBe("aborted");
  });
});
