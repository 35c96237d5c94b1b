import type { Decider } from "../decider/decider.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import type { Sleep } from "../sleep.ts";
import type { UsageSink } from "../usage/decision-record.ts";
import {
  ensurePartitions,
  purgeFeedbackEvents,
  purgeRememberedAnswers,
  removeDeletedTenants,
  removeOldDecisions,
  removeOldFeedback,
  removeOldRecordings,
  rollUpUsage,
  type JobsDatabase,
} from "./jobs.store.ts";
import { advanceRollouts } from "./advance-rollouts.ts";
import { exportTelemetry } from "./export-telemetry.ts";
import { judgeRollouts } from "./judge-rollouts.ts";
import { resealCredentials } from "./reseal-credentials.ts";
import { resealRecordings } from "./reseal-recordings.ts";
import { runEvaluations } from "./run-evaluations.ts";

export interface TickDeps {
  readonly env: Pick<
    Env,
    "CREDENTIAL_KEYS" | "DECISION_RETENTION_DAYS" | "ENGINE_PRICES" | "OTLP_ENDPOINT" | "OTLP_HEADERS"
  >;
  /** Without the jobs' login nothing is done. */
  readonly db: { readonly jobs: JobsDatabase | null };
  readonly decider: Pick<Decider, "decide">;
  readonly now: () => number;
  readonly usage: UsageSink;
  readonly newId: (kind: "audit" | "decision") => string;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly sleep: Sleep;
}

/** Rows that one transaction removes. */
const BATCH_ROWS = 2_000;
/** Milliseconds after which a tick begins nothing more; the next one goes on where it stopped. */
const TICK_MS = 20_000;
const PARTITION_DAYS = 8;
const DAY_MS = 86_400_000;
/** Milliseconds after which nearly all receipts of an hour have been written: it is summed up once. */
const SETTLED_MS = 120_000;

/**
 * The work that no request does: partitions for the days to come, hours of usage summed up, removal of old decisions,
 * feedback and recordings, of deleted tenants and of old answers, what is sealed moved to the ring's first key, rollouts
 * judged by their guardrails and widened by their schedules, telemetry exported, evaluations run. Several at once are
 * harmless; a job that fails holds up no other.
 */
export async function tick({ db, ...rest }: TickDeps): Promise<void> {
  if (db.jobs === null) return;
  const deps = { ...rest, jobs: db.jobs };
  const endsAt = deps.now() + TICK_MS;
  const inTime = (): boolean => deps.now() < endsAt;
  await job(deps, "partitions", () => ensurePartitions(deps.jobs, dayOf(deps.now()), PARTITION_DAYS));
  await job(deps, "rollouts", () => judgeRollouts(deps, inTime));
  await job(deps, "schedules", () => advanceRollouts(deps, inTime));
  await job(deps, "usage", async () => {
    const before = new Date(deps.now() - SETTLED_MS).toISOString();
    while (inTime() && (await rollUpUsage(deps.jobs, before)));
  });
  await job(deps, "old_decisions", async () => {
    const since = dayOf(deps.now() - deps.env.DECISION_RETENTION_DAYS * DAY_MS);
    while (inTime() && (await removeOldDecisions(deps.jobs, since, BATCH_ROWS)));
  });
  await job(deps, "old_feedback", async () => {
    while (inTime() && (await removeOldFeedback(deps.jobs, BATCH_ROWS)) > 0);
  });
  await job(deps, "old_recordings", async () => {
    while (inTime() && (await removeOldRecordings(deps.jobs, BATCH_ROWS)) > 0);
  });
  await job(deps, "deleted_tenants", async () => {
    while (inTime() && (await removeDeletedTenants(deps.jobs, BATCH_ROWS)));
  });
  await job(deps, "remembered_answers", async () => {
    while (inTime() && (await purgeRememberedAnswers(deps.jobs, BATCH_ROWS)) > 0);
  });
  await job(deps, "feedback_events", async () => {
    while (inTime() && (await purgeFeedbackEvents(deps.jobs, BATCH_ROWS)) > 0);
  });
  await job(deps, "credentials", () => resealCredentials(deps, inTime));
  await job(deps, "recordings", () => resealRecordings(deps, inTime));
  await job(deps, "telemetry", () => exportTelemetry({ ...deps, collector: collectorOf(deps.env) }, inTime));
  await job(deps, "evaluations", () => runEvaluations(deps, inTime));
}

const collectorOf = ({ OTLP_ENDPOINT, OTLP_HEADERS }: TickDeps["env"]) =>
  OTLP_ENDPOINT === undefined ? null : { endpoint: OTLP_ENDPOINT, headers: OTLP_HEADERS };

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

async function job({ log }: Pick<TickDeps, "log">, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log("error", "job_failed", { job: name, reason: error instanceof Error ? error.message : typeof error });
  }
}
