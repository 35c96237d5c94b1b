import type { EdgeDatabase } from "../db/client.ts";
import type { Log } from "../log.ts";
import type { Sleep } from "../sleep.ts";
import { within } from "../within.ts";
import { compileSnapshot } from "./compile-snapshot.ts";
import { snapshotRowSchema, type SnapshotKey, type TenantConfig } from "./snapshot.ts";
import { loadSnapshot } from "./snapshot.store.ts";

/** Milliseconds after which a read counts as failed and is given up. */
export const READ_LIMIT_MS = 3_000;
/** Compiled objects take about this many times the length of their JSON. */
const BYTES_PER_CHARACTER = 3;

export interface SnapshotReader {
  readonly db: Pick<EdgeDatabase, "query">;
  readonly log: Log;
  readonly sleep: Sleep;
}

/** What one read of the database found out. `invalid` is a row of ours that does not fit its schema. */
export type Read =
  | { readonly kind: "found"; readonly key: SnapshotKey; readonly tenant: TenantConfig; readonly bytes: number }
  | { readonly kind: "unchanged" }
  | { readonly kind: "unknown" }
  | { readonly kind: "failed" }
  | { readonly kind: "invalid" };

/** Reads a key's snapshot. Never rejects; failures are logged without anything that the row or the query holds. */
export async function readSnapshot(
  { db, log, sleep }: SnapshotReader,
  keyHash: string,
  knownRevision: number | null,
): Promise<Read> {
  try {
    const row = await within(sleep, READ_LIMIT_MS, (signal) => loadSnapshot(db, { keyHash, knownRevision, signal }));
    if (row === "late") {
      log("warn", "snapshot_read_failed", { reason: "timeout" });
      return { kind: "failed" };
    }
    return row === null ? { kind: "unknown" } : validated(row, knownRevision, log);
  } catch (error) {
    log("warn", "snapshot_read_failed", { reason: error instanceof Error ? error.name : typeof error });
    return { kind: "failed" };
  }
}

function validated(row: unknown, knownRevision: number | null, log: Log): Read {
  const parsed = snapshotRowSchema.safeParse(row);
  if (!parsed.success) return invalid(log, parsed.error.issues[0]?.code ?? "custom");
  if ("unchanged" in parsed.data) {
    return parsed.data.revision === knownRevision ? { kind: "unchanged" } : invalid(log, "revision");
  }
  const bytes = JSON.stringify(row).length * BYTES_PER_CHARACTER;
  return { kind: "found", key: parsed.data.key, tenant: compileSnapshot(parsed.data), bytes };
}

/** By code alone: the paths of a row hold names that tenants gave. */
function invalid(log: Log, code: string): Read {
  log("error", "snapshot_row_invalid", { code });
  return { kind: "invalid" };
}
