import type { Schedule } from "../../rollouts/schedule.schema.ts";
import { iso, isoOrNull } from "../text.ts";
import type { RolloutRow, ScheduleColumns } from "./rollouts.store.ts";
import type { CreateRollout, RolloutView } from "./schema.ts";

const MINUTE_MS = 60_000;

/** What ends a schedule: a share that was set by hand stays. */
export const NO_SCHEDULE: ScheduleColumns = { schedule: null, scheduleStep: null, stepEndsAt: null, stepLeftMs: null };

/** The first step of a schedule, with its share; it is under way at once unless the rollout is paused. */
export function firstStep(schedule: Schedule, now: number, paused: boolean): ScheduleColumns & { percent: number } {
  const { percent, for_minutes } = schedule.steps[0] ?? { percent: 0, for_minutes: 0 };
  const leftMs = for_minutes * MINUTE_MS;
  const step = paused ? { stepEndsAt: null, stepLeftMs: leftMs } : { stepEndsAt: at(now + leftMs), stepLeftMs: null };
  return { schedule, scheduleStep: 0, percent, ...step };
}

/** The share a rollout begins with, of its schedule's first step if it has one. */
export const firstShare = (
  { schedule, percent = 0 }: Pick<CreateRollout, "schedule" | "percent">,
  now: number,
): ScheduleColumns & { percent: number } =>
  schedule === undefined ? { ...NO_SCHEDULE, percent } : firstStep(schedule, now, false);

/** The step under way, stopped: it keeps the rest of its time. */
export const stopped = ({ stepEndsAt }: RolloutRow, now: number): Partial<ScheduleColumns> =>
  stepEndsAt === null ? {} : { stepEndsAt: null, stepLeftMs: Math.max(0, Date.parse(iso(stepEndsAt)) - now) };

/** The step that was stopped, under way again for the rest of its time. */
export const continued = ({ stepLeftMs }: RolloutRow, now: number): Partial<ScheduleColumns> =>
  stepLeftMs === null ? {} : { stepEndsAt: at(now + stepLeftMs), stepLeftMs: null };

/** Where a rollout is in its schedule, steps counted from 1. */
export function scheduleView(row: RolloutRow): RolloutView["schedule"] {
  const { schedule, scheduleStep, status, stepEndsAt, stepLeftMs } = row;
  if (schedule === null || scheduleStep === null) return null;
  const open = status === "running" || status === "paused";
  const asking = stepEndsAt === null && stepLeftMs === null;
  return {
    ...schedule,
    step: scheduleStep + 1,
    state: !open ? "ended" : asking ? "asking" : status,
    step_ends_at: open ? isoOrNull(stepEndsAt) : null,
    step_remaining_ms: open ? stepLeftMs : null,
  };
}

const at = (ms: number): string => new Date(ms).toISOString();
