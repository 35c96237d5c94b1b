import type { Log } from "../log.ts";
import { decisionSpans } from "../telemetry/decision-spans.ts";
import { feedbackEvent, storedFeedbackSchema } from "../telemetry/feedback-event.ts";
import { logsRequest, traceRequest } from "../telemetry/otlp.ts";
import { send, type Collector, type SendDeps } from "../telemetry/send.ts";
import { decisionRecordSchema } from "../usage/decision-record.ts";
import type { JobsDatabase } from "./jobs.store.ts";
import {
  claimTelemetry,
  keepTelemetry,
  postponeTelemetry,
  settleTelemetry,
  type ClaimedTelemetry,
} from "./telemetry.store.ts";

export interface ExportDeps extends SendDeps {
  readonly jobs: JobsDatabase;
  /** Null where nobody wants telemetry. */
  readonly collector: Collector | null;
  readonly log: Log;
}

/** Things that may wait for a collector; beyond that the oldest are dropped, and counted. */
const MAX_QUEUED = 100_000;
const BATCH = 200;
const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = 300_000;

/**
 * Tells the collector of decisions and feedback, in batches, each at least once. While it does not answer, things wait,
 * longer and longer; what it refuses is dropped. No request ever waits for this.
 */
export async function exportTelemetry(deps: ExportDeps, inTime: () => boolean): Promise<void> {
  const { jobs, collector } = deps;
  const beyond = await keepTelemetry(jobs, collector === null ? null : MAX_QUEUED);
  tellDropped(deps, beyond, "queue full");
  if (collector === null) return;
  while (inTime()) {
    const claimed = await claimTelemetry(jobs, BATCH);
    if (claimed.length === 0) return;
    const taken = [
      await exportSignal(
        deps,
        collector,
        "traces",
        claimed.filter(({ kind }) => kind === "decision"),
      ),
      await exportSignal(
        deps,
        collector,
        "logs",
        claimed.filter(({ kind }) => kind === "feedback"),
      ),
    ];
    if (taken.includes(false)) return;
  }
}

/** False when the collector wants to be left alone for a while. */
async function exportSignal(
  deps: ExportDeps,
  collector: Collector,
  signal: "traces" | "logs",
  claimed: readonly ClaimedTelemetry[],
): Promise<boolean> {
  if (claimed.length === 0) return true;
  const { body, unreadable } = encoded(signal, claimed);
  const sent = body === null ? ({ kind: "taken", rejected: 0 } as const) : await send(deps, collector, signal, body);
  if (sent.kind === "later") {
    deps.log("warn", "telemetry_postponed", { signal, count: claimed.length, reason: sent.reason });
    await postponeTelemetry(deps.jobs, claimed, waitMs(claimed, sent.afterMs));
    return false;
  }
  const lost = sent.kind === "refused" ? claimed.length : Math.min(claimed.length, sent.rejected + unreadable);
  tellDropped(deps, lost, sent.kind === "refused" ? sent.reason : "rejected");
  await settleTelemetry(deps.jobs, claimed, lost);
  return true;
}

/** The request for what can be told; what is gone, or older than its schema, is not. */
function encoded(signal: "traces" | "logs", claimed: readonly ClaimedTelemetry[]) {
  if (signal === "traces") {
    const known = claimed.flatMap(({ record }) => decisionRecordSchema.safeParse(record).data ?? []);
    const spans = known.flatMap(decisionSpans);
    return { body: spans.length === 0 ? null : traceRequest(spans), unreadable: claimed.length - known.length };
  }
  const known = claimed.flatMap(({ record }) => storedFeedbackSchema.safeParse(record).data ?? []);
  return {
    body: known.length === 0 ? null : logsRequest(known.map(feedbackEvent)),
    unreadable: claimed.length - known.length,
  };
}

/** As the collector asks, else doubling with every try. */
function waitMs(claimed: readonly ClaimedTelemetry[], afterMs: number | null): number {
  const tries = Math.max(...claimed.map(({ attempts }) => attempts));
  return Math.min(afterMs ?? FIRST_WAIT_MS * 2 ** (tries - 1), MAX_WAIT_MS);
}

function tellDropped({ log }: ExportDeps, count: number, reason: string): void {
  if (count > 0) log("error", "telemetry_dropped", { count, reason });
}
