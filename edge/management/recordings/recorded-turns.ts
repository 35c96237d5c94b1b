import { ok, type Result } from "../../errors.ts";
import type { Recorded } from "../../recordings/recorded.schema.ts";
import type { TenantContext } from "../context.ts";
import { admitReader } from "./admit-reader.ts";
import { openedRecordings } from "./opened-recordings.ts";
import type { RecordingRow } from "./recordings.store.ts";

/** Which of a router's recordings are decided anew, newest first. */
export interface AskedRecordings {
  readonly limit: number;
  readonly policy?: string | undefined;
  readonly model?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The latest user message of a recorded request, with what serving it took and led to. */
export interface RecordedTurn extends Pick<Recorded, "messages" | "needs"> {
  /** Id of the decision. */
  readonly conversation: string;
  /** Its place among the user messages, from 0. */
  readonly turn: number;
  /** What the provider counted; null when nothing was answered. */
  readonly took: {
    readonly inputTokens: number;
    readonly cachedInputTokens: number | null;
    readonly outputTokens: number;
    readonly reasoningTokens: number | null;
  } | null;
  readonly served: {
    readonly outcome: RecordingRow["outcome"];
    readonly policy: string | null;
    readonly model: string | null;
    readonly cost_usd: number | null;
  };
}

/** A router's recorded turns for a dry run, which shows nothing of what was said; the audit log is told all the same. */
export async function recordedTurns(
  context: TenantContext,
  slug: string,
  { limit, ...filter }: AskedRecordings,
): Promise<Result<AsyncIterable<RecordedTurn>>> {
  const router = await admitReader(context, slug, "recording.dry_run", { limit, ...filter });
  if (!router.ok) return router;
  return ok(turnsOf(openedRecordings(context, router.value, { ...filter, conversationKeys: null }, limit)));
}

async function* turnsOf(recordings: ReturnType<typeof openedRecordings>): AsyncGenerator<RecordedTurn> {
  for await (const { row, said } of recordings) {
    const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = row;
    yield {
      conversation: row.id,
      turn: said.messages.filter(({ role }) => role === "user").length - 1,
      messages: said.messages,
      needs: said.needs,
      took:
        inputTokens === null || outputTokens === null
          ? null
          : { inputTokens, cachedInputTokens, outputTokens, reasoningTokens },
      served: { outcome: row.outcome, policy: row.policy, model: row.model, cost_usd: row.costUsd },
    };
  }
}
