import { sha256Hex } from "../../routing/sha256.ts";
import { iso } from "../text.ts";
import type { RolloutRow } from "./rollouts.store.ts";
import { scheduleView } from "./schedule.ts";
import type { RolloutView } from "./schema.ts";

/** A rollout and the version of it that an edit must name. */
export interface VersionedRollout {
  readonly view: RolloutView;
  readonly etag: string;
}

export const rolloutView = (row: RolloutRow): RolloutView => ({
  id: row.id,
  router: row.router,
  policy: row.policy,
  candidate: row.candidate,
  percent: row.percent,
  schedule: scheduleView(row),
  guardrails: row.guardrails,
  shadow: row.shadow,
  shadow_spent: row.shadowDay === null ? null : { day: row.shadowDay, tokens: row.shadowTokens },
  status: row.status,
  reason: row.reason,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
});

export async function versionedRollout(row: RolloutRow): Promise<VersionedRollout> {
  return { view: rolloutView(row), etag: await rolloutEtag(row) };
}

/** The version of what people may change of a rollout. */
export const rolloutEtag = ({ id, percent, status, shadow, schedule, scheduleStep }: RolloutRow): Promise<string> =>
  sha256Hex(JSON.stringify([id, percent, status, shadow, schedule, scheduleStep]));
