import type { JobsDatabase } from "./jobs.store.ts";

/** Something to tell a collector that is the caller's for two minutes. */
export interface ClaimedTelemetry {
  readonly tenant_id: string;
  readonly kind: "decision" | "feedback";
  readonly id: string;
  /** Claims so far, this one included. */
  readonly attempts: number;
  /** The row as JSON; null when it is gone. */
  readonly record: unknown;
}

/** Keeps at most `rows` things queued, for an hour from now on; null keeps none. Gives how many it had to drop. */
export async function keepTelemetry(db: JobsDatabase, rows: number | null): Promise<number> {
  const [row] = await db.query<{ dropped: number }>("select signalbox.keep_telemetry($1) as dropped", [rows]);
  return row?.dropped ?? 0;
}

export async function claimTelemetry(db: JobsDatabase, rows: number): Promise<ClaimedTelemetry[]> {
  return db.query("select * from signalbox.claim_telemetry($1)", [rows]);
}

/** Forgets what was claimed, `dropped` of it untold. */
export async function settleTelemetry(
  db: JobsDatabase,
  claimed: readonly ClaimedTelemetry[],
  dropped: number,
): Promise<void> {
  await db.query("select signalbox.settle_telemetry($1, $2)", [names(claimed), dropped]);
}

export async function postponeTelemetry(
  db: JobsDatabase,
  claimed: readonly ClaimedTelemetry[],
  ms: number,
): Promise<void> {
  await db.query("select signalbox.postpone_telemetry($1, $2)", [names(claimed), ms / 1_000]);
}

const names = (claimed: readonly ClaimedTelemetry[]): string =>
  JSON.stringify(claimed.map(({ tenant_id, kind, id, attempts }) => ({ tenant_id, kind, id, attempts })));
