import type { Recorded } from "../../recordings/recorded.schema.ts";
import { iso } from "../text.ts";
import type { RecordingRow } from "./recordings.store.ts";
import type { OpenedRecording, RecordingView } from "./schema.ts";

export const recordingView = (row: RecordingRow): RecordingView => ({
  decision: row.id,
  created_at: iso(row.createdAt),
  expires_at: iso(row.expiresAt),
  version: row.routerVersion,
  outcome: row.outcome,
  policy: row.policy,
  model: row.model,
  arm: row.arm,
  usage: {
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
  },
  cost_usd: row.costUsd,
});

export const openedView = (row: RecordingRow, { messages, truncated, answer }: Recorded): OpenedRecording => ({
  ...recordingView(row),
  messages,
  truncated,
  answer,
});
