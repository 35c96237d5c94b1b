import { expect, it } from "vitest";
import { advanceRollouts } from "../../edge/jobs/advance-rollouts.ts";
import { judgeRollouts } from "../../edge/jobs/judge-rollouts.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { rows } from "../database/connect.ts";
import { newId } from "../database/full-tenant.ts";
import { append, receipt } from "../management/receipt.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { useJobsAlone } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";

const MINUTE_MS = 60_000;
const DOCUMENT = {
  policies: [{ name: "code", description: "Write code" }],
  targets: {},
  fallback: { model: "echo-small" },
};
const SCHEDULE = {
  steps: [
    { percent: 5, for_minutes: 60 },
    { percent: 25, for_minutes: 360 },
  ],
};

interface Scheduled {
  readonly tenant: TestTenant;
  readonly id: string;
}

const admin = useJobsAlone();

async function scheduled(guardrails: object = {}): Promise<Scheduled> {
  const { tenant } = await mintEchoTenant(DOCUMENT);
  const asked = { router: "default", policy: "code", candidate: { model: "echo-code" }, schedule: SCHEDULE };
  const made = await tenant.api("/rollouts", { body: { ...asked, guardrails } });
  expect(made).toMatchObject({ status: 201, body: { percent: 5, schedule: { step: 1, state: "running" } } });
  return { tenant, id: made.body.id as string };
}

/** The jobs of a tick that is run so many minutes from now. */
async function jobsAt(minutes: number): Promise<void> {
  const deps = { jobs: jobsDatabase(), now: () => Date.now() + minutes * MINUTE_MS, newId, log: () => undefined };
  await judgeRollouts(deps, () => true);
  await advanceRollouts(deps, () => true);
}

const read = async ({ tenant, id }: Scheduled) => (await tenant.api(`/rollouts/${id}`)).body;
const post = ({ tenant, id }: Scheduled, verb: string) => tenant.api(`/rollouts/${id}/${verb}`, { method: "POST" });
const minutesLeft = (instant: string): number => (Date.parse(instant) - Date.now()) / MINUTE_MS;

it("a schedule widens a rollout step by step, then waits for its owner, and tells the audit log", async () => {
  const mine = await scheduled();
  const revision = async (): Promise<number> =>
    Number(
      (await rows(admin(), "select revision from signalbox.tenants where id = $1", [mine.tenant.id]))[0]?.["revision"],
    );
  const before = await revision();
  await jobsAt(59);
  expect(await read(mine)).toMatchObject({ percent: 5, schedule: { step: 1, state: "running" } });
  await jobsAt(61);
  expect(await read(mine)).toMatchObject({ percent: 25, schedule: { step: 2, state: "running", then: "ask" } });
  expect(await revision(), "edges see it within their snapshots' bound").toBe(before + 1);
  await jobsAt(61);
  await jobsAt(61 + 359);
  expect(await read(mine)).toMatchObject({ percent: 25, schedule: { step: 2, state: "running" } });
  await jobsAt(61 + 361);
  await jobsAt(61 + 5_000);
  expect(await read(mine)).toMatchObject({
    status: "running",
    percent: 25,
    schedule: { step: 2, state: "asking", step_ends_at: null },
  });
  const entries = (await mine.tenant.api("/audit-log?actor=schedule")).body.data as Record<string, unknown>[];
  expect(entries).toMatchObject([
    { action: "rollout.ask", changes: { "/schedule/state": { from: "running", to: "asking" } } },
    {
      action: "rollout.advance",
      target: { kind: "rollout", id: mine.id },
      changes: { "/percent": { from: 5, to: 25 }, "/schedule/step": { from: 1, to: 2 } },
    },
  ]);
  const promoted = await post(mine, "promote");
  expect(promoted).toMatchObject({ status: 200, body: { status: "promoted", schedule: { state: "ended" } } });
});

it("a paused rollout keeps the rest of its step's time, another tenant's goes on", async () => {
  const [mine, theirs] = [await scheduled(), await scheduled()];
  const paused = (await post(mine, "pause")).body;
  expect(paused.schedule).toMatchObject({ state: "paused", step_ends_at: null });
  expect(paused.schedule.step_remaining_ms / MINUTE_MS).toBeGreaterThan(59);
  await jobsAt(61);
  expect(await read(theirs)).toMatchObject({ percent: 25, schedule: { step: 2 } });
  expect(await read(mine)).toMatchObject({ percent: 5, schedule: { step: 1, state: "paused" } });
  await admin().query("update signalbox.rollouts set step_left_ms = 600000 where tenant_id = $1", [mine.tenant.id]);
  const resumed = (await post(mine, "resume")).body;
  expect(resumed.schedule).toMatchObject({ step: 1, state: "running", step_remaining_ms: null });
  expect(minutesLeft(resumed.schedule.step_ends_at as string)).toBeCloseTo(10, 0);
  await jobsAt(9);
  expect(await read(mine)).toMatchObject({ percent: 5 });
  await jobsAt(11);
  expect(await read(mine)).toMatchObject({ percent: 25, schedule: { step: 2, state: "running" } });
});

it("a guarded rollout is widened once all of its step has been judged, and not when a guardrail is breached", async () => {
  const guardrails = { minimum_requests: 20, error_rate: { times_control: 1 } };
  const [bad, good] = [await scheduled(guardrails), await scheduled(guardrails)];
  const requests = ({ tenant, id }: Scheduled, arm: string, count: number, more: Partial<DecisionRecord> = {}) =>
    Array.from({ length: count }, () => receipt(tenant.id, Date.now(), { arm: `${arm}@${id}`, ...more }));
  for (const rollout of [bad, good]) {
    await append([...requests(rollout, "control", 40), ...requests(rollout, "candidate", 20)]);
  }
  await append(requests(bad, "candidate", 20, { request_status: "failed", http_status: 502 }));
  // The step's last quarter of an hour is not over, or its receipts may still be on their way.
  const deps = { jobs: jobsDatabase(), newId, log: () => undefined };
  const endsAt = Date.parse((await read(bad)).schedule.step_ends_at as string);
  const judgedAt = Math.ceil(endsAt / (15 * MINUTE_MS)) * 15 * MINUTE_MS + 2 * MINUTE_MS;
  for (const now of [endsAt + 1, judgedAt - 1]) {
    await advanceRollouts({ ...deps, now: () => now }, () => true);
    expect([(await read(bad)).percent, (await read(good)).percent]).toEqual([5, 5]);
  }
  await advanceRollouts({ ...deps, now: () => judgedAt }, () => true);
  expect([(await read(bad)).percent, (await read(good)).percent]).toEqual([5, 25]);
  await judgeRollouts({ ...deps, now: () => judgedAt }, () => true);
  expect(await read(bad)).toMatchObject({ status: "aborted", percent: 5, schedule: { step: 1, state: "ended" } });
});

it("a rollout that cannot be judged or advanced is logged and holds up no other tenant's", async () => {
  const guardrails = { minimum_requests: 20, error_rate: { times_control: 1 } };
  const [first, second] = [await scheduled(guardrails), await scheduled(guardrails)];
  const failed = Array.from({ length: 40 }, () =>
    receipt(second.tenant.id, Date.now(), {
      arm: `candidate@${second.id}`,
      request_status: "failed",
      http_status: 502,
    }),
  );
  const fine = Array.from({ length: 400 }, () =>
    receipt(second.tenant.id, Date.now(), { arm: `control@${second.id}` }),
  );
  await append([...failed, ...fine]);
  const logged: string[] = [];
  const all = jobsDatabase();
  const jobs: typeof all = {
    query: (text, params) =>
      params.includes(first.id) ? Promise.reject(new Error("no such luck")) : all.query(text, params),
  };
  const deps = {
    jobs,
    newId,
    now: () => Date.now() + 90 * MINUTE_MS,
    log: (_level: string, event: string, fields?: object) => logged.push(`${event} ${JSON.stringify(fields)}`),
  };
  await judgeRollouts(deps, () => true);
  await advanceRollouts(deps, () => true);
  expect(await read(second)).toMatchObject({ status: "aborted" });
  expect(await read(first)).toMatchObject({ status: "running", percent: 5 });
  const about = logged.filter((line) => line.includes(first.id)).map((line) => line.split(" ")[0]);
  expect(about).toEqual(["rollout_not_judged", "rollout_not_advanced"]);
});

it("two ticks at once take one step", async () => {
  const mine = await scheduled();
  await Promise.all([jobsAt(61), jobsAt(61), jobsAt(61)]);
  expect(await read(mine)).toMatchObject({ percent: 25, schedule: { step: 2 } });
  expect((await mine.tenant.api("/audit-log?actor=schedule")).body.data).toHaveLength(1);
});
