import type { Unit } from "../../../rollouts/compare-arms.ts";
import type { Estimate } from "../../../rollouts/intervals.ts";
import { html, type Html } from "../../../reference/html.ts";
import { spoken } from "./units.ts";

export const CONTROL = "#5d636b";
export const CANDIDATE = "#0b5cad";
const SHADOW = "#8a5a00";

/** Colours and shapes of the arms: told apart in black and white, too. */
const MARKS: Readonly<Record<string, { readonly colour: string; readonly path: string }>> = {
  control: { colour: CONTROL, path: "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z" },
  candidate: { colour: CANDIDATE, path: "m-5 0l5 -5 5 5 -5 5z" },
  shadow: { colour: SHADOW, path: "m-5 4l5 -9 5 9z" },
};

const WIDTH = 260;
const EDGE = 14;
const ARM_HEIGHT = 12;
const AXIS_HEIGHT = 18;

/** What of a measure's line is drawn. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly unit: Unit;
}

/** A scale that holds all estimates and their bounds, and zero; scores have theirs. */
export function scaleOf(estimates: readonly (Estimate | null)[], unit: Unit): Scale {
  if (unit === "score") return { from: -1, to: 1, unit };
  const values = estimates.flatMap((one) => (one === null ? [] : [one.value, one.low ?? 0, one.high ?? 0]));
  const most = Math.max(0, ...values);
  return { from: 0, to: most === 0 ? 1 : roundUp(most), unit };
}

/** The scale itself, with its ends and its middle named. */
export function axis(scale: Scale): Html {
  const middle = (scale.from + scale.to) / 2;
  const tick = (value: number, anchor: string): Html => {
    const x = place(value, scale);
    return html`<line x1="${x}" x2="${x}" y1="${AXIS_HEIGHT - 4}" y2="${AXIS_HEIGHT}" stroke="#9aa1a9" />
      <text x="${x}" y="${AXIS_HEIGHT - 7}" text-anchor="${anchor}">${spoken(value, scale.unit)}</text>`;
  };
  return html`<svg width="${WIDTH}" height="${AXIS_HEIGHT}" viewBox="0 0 ${WIDTH} ${AXIS_HEIGHT}" aria-hidden="true">
    ${[tick(scale.from, "start"), tick(middle, "middle"), tick(scale.to, "end")]}
  </svg>`;
}

/** The arms' estimates of one measure with their intervals, one above the other. */
export function intervalPlot(arms: readonly (readonly [string, Estimate | null])[], scale: Scale): Html {
  const height = (arms.length + 1) * ARM_HEIGHT - 2;
  const zero = place(Math.max(scale.from, Math.min(0, scale.to)), scale);
  const marks = arms.flatMap(([arm, estimate], index) => {
    const y = (index + 1) * ARM_HEIGHT - 1;
    return estimate === null ? [] : [bar(estimate, scale, y, arm), mark(arm, place(estimate.value, scale), y)];
  });
  return html`<svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" aria-hidden="true">
    <line x1="${zero}" x2="${zero}" y1="0" y2="${height}" stroke="#d9dbd8" />
    ${marks}
  </svg>`;
}

/** What an arm's estimates are marked with. */
export function mark(arm: string, x: number, y: number): Html {
  const { colour, path } = MARKS[arm] ?? { colour: CONTROL, path: "m-4 -4h8v8h-8z" };
  return html`<path d="M${x} ${y}${path}" fill="${colour}" />`;
}

/** A bound that is not known is drawn as an arrow to the edge. */
function bar({ low, high }: Estimate, scale: Scale, y: number, arm: string): Html {
  const [left, right] = [low === null ? 2 : place(low, scale), high === null ? WIDTH - 2 : place(high, scale)];
  const end = (x: number, known: boolean, inwards: number): string =>
    known ? `M${x} ${y - 4}v8` : `M${x + 4 * inwards} ${y - 4}L${x} ${y}l${4 * inwards} 4`;
  const path = `M${left} ${y}H${right}${end(left, low !== null, 1)}${end(right, high !== null, -1)}`;
  return html`<path d="${path}" stroke="${MARKS[arm]?.colour ?? CONTROL}" stroke-width="1.5" fill="none" />`;
}

/** Where a value lies, in units of the drawing; what lies outside of the scale is at its end. */
function place(value: number, { from, to }: Scale): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return Math.round((EDGE + share * (WIDTH - 2 * EDGE)) * 10) / 10;
}

/** The next value of the form 1, 2, 2.5, 4, 5, 6, 8 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}
