import { html, type Html } from "../../../reference/html.ts";
import type { RolloutView } from "../schema.ts";
import { CANDIDATE } from "./interval-plot.ts";
import { instant } from "./instant.ts";

const WIDTH = 640;
const HEIGHT = 96;
const BASE = HEIGHT - 22;
/** The share of the drawing's width that is the owner's, after the last step. */
const ASKING = 0.14;

/** The steps of a schedule as stairs, the one under way filled. */
export function scheduleSection({ schedule, percent, status }: RolloutView): Html {
  if (schedule === null) {
    return html`<h2>Schedule</h2>
      <p>None: the share of ${percent} % stays until somebody changes it.</p>`;
  }
  const { steps, step, state, step_ends_at, step_remaining_ms } = schedule;
  const total = steps.reduce((sum, { for_minutes }) => sum + Math.sqrt(for_minutes), 0);
  let left = 0;
  const drawn = steps.map(({ percent: share, for_minutes }, index) => {
    const width = (Math.sqrt(for_minutes) / total) * WIDTH * (1 - ASKING);
    const x = left;
    left += width;
    return stair({ x, width, share, text: spell(for_minutes), reached: index < step });
  });
  const last = steps.at(-1)?.percent ?? percent;
  const asking = stair({ x: left, width: WIDTH * ASKING, share: last, text: "then ask", reached: state === "asking" });
  const now = {
    running: `Step ${step} of ${steps.length} is under way${step_ends_at === null ? "" : ` until ${instant(step_ends_at)}`}.`,
    paused: `Paused in step ${step} of ${steps.length}${step_remaining_ms === null ? "" : `, which has ${spell(Math.round(step_remaining_ms / 60_000))} left`}.`,
    asking: `The last step is over: ${percent} % stays until its owner promotes, changes or aborts the rollout.`,
    ended: `It got to step ${step} of ${steps.length} before the rollout was ${status}.`,
  }[state];
  return html`<h2>Schedule</h2>
    <p>${now}</p>
    <svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
      ${drawn} ${asking}
      <line x1="0" x2="${WIDTH}" y1="${BASE}" y2="${BASE}" stroke="#9aa1a9" />
    </svg>`;
}

function stair({
  x,
  width,
  share,
  text,
  reached,
}: {
  readonly x: number;
  readonly width: number;
  readonly share: number;
  readonly text: string;
  readonly reached: boolean;
}): Html {
  const height = Math.max(2, (share / 100) * (BASE - 18));
  const middle = (x + width / 2).toFixed(1);
  return html`<rect
      x="${(x + 1).toFixed(1)}"
      y="${(BASE - height).toFixed(1)}"
      width="${Math.max(1, width - 2).toFixed(1)}"
      height="${height.toFixed(1)}"
      fill="${reached ? CANDIDATE : "#e4e6e8"}"
    />
    <text x="${middle}" y="${(BASE - height - 5).toFixed(1)}" text-anchor="middle">${share} %</text>
    <text x="${middle}" y="${HEIGHT - 7}" text-anchor="middle">${text}</text>`;
}

function spell(minutes: number): string {
  if (minutes < 120 && minutes % 60 !== 0) return `${minutes} min`;
  return minutes < 48 * 60 ? `${trim(minutes / 60)} h` : `${trim(minutes / 1_440)} d`;
}

const trim = (value: number): string => String(Math.round(value * 10) / 10);
