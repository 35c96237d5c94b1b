import { expect, it } from "vitest";
import { judgeRollouts } from "../../edge/jobs/judge-rollouts.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { newId } from "../database/full-tenant.ts";
import { append, receipt } from "../management/receipt.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { jobsDatabase } from "./jobs-database.ts";

const QUARTER_MS = 900_000;
const guardrails = { minimum_requests: 20, error_rate: { times_control: 1 }, cost_per_request: { times_control: 2 } };
const DOCUMENT = {
  policies: [{ name: "code", description: "Write code" }],
  targets: {},
  fallback: { model: "echo-small" },
};

async function guarded(): Promise<{ tenant: TestTenant; id: string }> {
  const { tenant } = await mintEchoTenant(DOCUMENT);
  const body = { router: "default", policy: "code", candidate: { model: "echo-code" }, percent: 50, guardrails };
  const made = await tenant.api("/rollouts", { body });
  expect(made).toMatchObject({ status: 201, body: { guardrails } });
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
