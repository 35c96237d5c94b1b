import type { EdgeDatabase } from "../db/client.ts";
import type { KnownMessage, StoredReading } from "../evaluation/turns.ts";
import type { GuardrailsInput } from "../rollouts/guardrails.schema.ts";
import type { ArmBatch, FeedbackBatch } from "../rollouts/judge-rollout.ts";
import type { DraftDocument } from "../routing/draft-document.ts";
import type { Sealed } from "../tenancy/snapshot.ts";

/** The database as role `signalbox_jobs`: a few functions may be called, no table read. */
export type JobsDatabase = Pick<EdgeDatabase, "query">;

export interface SealedCredential {
  readonly tenant_id: string;
  readonly provider_id: string;
  readonly credential: Sealed;
}

/** Removes some rows of a tenant that is being deleted; whether there may be more. */
export async function removeDeletedTenants(db: JobsDatabase, rows: number): Promise<boolean> {
  const [row] = await db.query<{ more: boolean }>("select signalbox.remove_deleted_tenants($1) as more", [rows]);
  return row?.more ?? false;
}

/** Removes remembered answers that are older than a day; how many. */
export async function purgeRememberedAnswers(db: JobsDatabase, rows: number): Promise<number> {
  const [row] = await db.query<{ purged: number }>("select signalbox.purge_remembered_answers($1) as purged", [rows]);
  return row?.purged ?? 0;
}

/** Removes feedback on decisions that are kept no longer; how many. */
export async function removeOldFeedback(db: JobsDatabase, rows: number): Promise<number> {
  const [row] = await db.query<{ removed: number }>("select signalbox.remove_old_feedback($1) as removed", [rows]);
  return row?.removed ?? 0;
}

/** Removes names of feedback events that nobody may send any more; how many. */
export async function purgeFeedbackEvents(db: JobsDatabase, rows: number): Promise<number> {
  const [row] = await db.query<{ purged: number }>("select signalbox.purge_feedback_events($1) as purged", [rows]);
  return row?.purged ?? 0;
}

/** Makes the partitions of the given days from `first` (ISO date) on that are not there yet. */
export async function ensurePartitions(db: JobsDatabase, first: string, days: number): Promise<void> {
  await db.query("select signalbox.ensure_decision_partitions($1::date, $2)", [first, days]);
}

/** Sums up one hour that was over before `before` (ISO instant) and needs it; whether one did. */
export async function rollUpUsage(db: JobsDatabase, before: string): Promise<boolean> {
  const [row] = await db.query<{ more: boolean }>("select signalbox.roll_up_usage($1) as more", [before]);
  return row?.more ?? false;
}

/** Removes some decisions from before a day (ISO date) that are summed up; whether there may be more. */
export async function removeOldDecisions(db: JobsDatabase, since: string, rows: number): Promise<boolean> {
  const text = "select signalbox.remove_old_decisions($1::date, $2) as more";
  const [row] = await db.query<{ more: boolean }>(text, [since, rows]);
  return row?.more ?? false;
}

/** Credentials that another key than `keyId` has sealed, in a stable order after the position `after`. */
export async function credentialsToReseal(
  db: JobsDatabase,
  keyId: string,
  after: string,
  rows: number,
): Promise<SealedCredential[]> {
  return db.query("select * from signalbox.credentials_to_reseal($1, $2, $3)", [keyId, after, rows]);
}

/** False when the credential was changed since it was read. */
export async function replaceSealed(db: JobsDatabase, old: SealedCredential, sealed: Sealed): Promise<boolean> {
  const [row] = await db.query<{ replaced: boolean }>("select signalbox.replace_sealed($1, $2, $3, $4) as replaced", [
    old.tenant_id,
    old.provider_id,
    JSON.stringify(old.credential),
    JSON.stringify(sealed),
  ]);
  return row?.replaced ?? false;
}

/** Removes recordings whose days are over, or whose router is gone; how many. */
export async function removeOldRecordings(db: JobsDatabase, rows: number): Promise<number> {
  const [row] = await db.query<{ removed: number }>("select signalbox.remove_old_recordings($1) as removed", [rows]);
  return row?.removed ?? 0;
}

export interface SealedRecording {
  readonly tenant_id: string;
  readonly decision_id: string;
  readonly sealed: Sealed;
}

/** Recordings that the key `keyId` has sealed, in a stable order after the position `after`. */
export async function recordingsToReseal(
  db: JobsDatabase,
  keyId: string,
  { tenant_id, decision_id }: Omit<SealedRecording, "sealed">,
  rows: number,
): Promise<SealedRecording[]> {
  const text = "select * from signalbox.recordings_to_reseal($1, $2, $3, $4)";
  return db.query(text, [keyId, tenant_id, decision_id, rows]);
}

/** Does nothing to a recording that is gone. */
export async function replaceRecording(db: JobsDatabase, old: SealedRecording, sealed: Sealed): Promise<void> {
  const text = "select signalbox.reseal_recording($1, $2, $3, $4)";
  await db.query(text, [old.tenant_id, old.decision_id, old.sealed.key_id, JSON.stringify(sealed)]);
}

export interface GuardedRollout {
  readonly tenant_id: string;
  readonly id: string;
  readonly guardrails: GuardrailsInput;
}

/** Running rollouts that have guardrails. */
export async function guardedRollouts(db: JobsDatabase): Promise<GuardedRollout[]> {
  return db.query("select * from signalbox.guarded_rollouts()", []);
}

/** What a rollout's arms did in the batches that were over at `before` (ISO instant), in order of time. */
export async function rolloutBatches(db: JobsDatabase, rollout: GuardedRollout, before: string): Promise<ArmBatch[]> {
  const { tenant_id, id } = rollout;
  return db.query("select r.*, r.batch::text as batch from signalbox.rollout_batches($1, $2, $3) r", [
    tenant_id,
    id,
    before,
  ]);
}

/** Feedback on a rollout's requests that came in during batches that were over at `before`, in order of time. */
export async function rolloutFeedback(
  db: JobsDatabase,
  rollout: GuardedRollout,
  before: string,
): Promise<FeedbackBatch[]> {
  const { tenant_id, id } = rollout;
  const text = "select r.*, r.batch::text as batch from signalbox.rollout_feedback($1, $2, $3) r";
  return db.query(text, [tenant_id, id, before]);
}

/** False when it is no longer running. */
export async function abortRollout(
  db: JobsDatabase,
  { tenant_id, id }: GuardedRollout,
  reason: string,
  at: string,
  auditId: string,
): Promise<boolean> {
  const text = "select signalbox.abort_rollout($1, $2, $3, $4, $5) as aborted";
  const [row] = await db.query<{ aborted: boolean }>(text, [tenant_id, id, reason, at, auditId]);
  return row?.aborted ?? false;
}

export interface DueRollout extends GuardedRollout {
  /** Of its schedule, from 0. */
  readonly step: number;
  /** When the step is over, in milliseconds since the epoch. */
  readonly ends_ms: number;
}

/** Running rollouts whose step is over at `at` (ISO instant), the longest due first. */
export async function dueRollouts(db: JobsDatabase, at: string): Promise<DueRollout[]> {
  const text = `select r.tenant_id, r.id, r.guardrails, r.step, (extract(epoch from r.step_ends_at) * 1000)::float8 as ends_ms
    from signalbox.due_rollouts($1) r`;
  return db.query(text, [at]);
}

/** The rollout's percent in its next step, or in the one after which it waits; null when it is not due any more. */
export async function advanceRollout(
  db: JobsDatabase,
  { tenant_id, id, step }: DueRollout,
  at: string,
  auditId: string,
): Promise<number | null> {
  const text = "select signalbox.advance_rollout($1, $2, $3, $4, $5) as percent";
  const [row] = await db.query<{ percent: number | null }>(text, [tenant_id, id, step, at, auditId]);
  return row?.percent ?? null;
}

/** A conversation of a running evaluation that is this caller's for two minutes. */
export interface ClaimedCase {
  readonly tenant_id: string;
  readonly evaluation_id: string;
  readonly place: number;
  /** Claims so far, this one included. */
  readonly attempts: number;
  readonly messages: readonly KnownMessage[];
  readonly document: DraftDocument;
  readonly policy_digest: string;
  /** Slug of the router it is run for. */
  readonly router: string;
  /** Of the key that asked for the run. */
  readonly key_id: string;
  readonly paid_engines: readonly string[];
}

export async function claimEvaluationCases(db: JobsDatabase, rows: number): Promise<ClaimedCase[]> {
  const text = `select c.*, signalbox.paid_engines_of(c.tenant_id) as paid_engines
    from signalbox.claim_evaluation_cases($1) as c`;
  return db.query(text, [rows]);
}

/** False when it was stored before, or its run is over. */
export async function storeEvaluationCase(
  db: JobsDatabase,
  { tenant_id, evaluation_id, place }: ClaimedCase,
  readings: readonly StoredReading[],
): Promise<boolean> {
  const text = "select signalbox.store_evaluation_case($1, $2, $3, $4) as stored";
  const [row] = await db.query<{ stored: boolean }>(text, [tenant_id, evaluation_id, place, JSON.stringify(readings)]);
  return row?.stored ?? false;
}
