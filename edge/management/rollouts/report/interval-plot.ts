import type { Unit } from "../../../rollouts/compare-arms.ts";
import type { Estimate } from "../../../rollouts/intervals.ts";
import { Html, html } from "../../../reference/html.ts";
import { spoken } from "./units.ts";

/** Colours and shapes of the arms: told apart in black and white, too. */
export const CONTROL = "#5d636b";
export const CANDIDATE = "#0b5cad";

const WIDTH = 260;
const EDGE = 14;
const ROW_HEIGHT = 34;
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

/** Both arms' estimates of one measure with their intervals, one above the other. */
export function intervalPlot(control: Estimate | null, candidate: Estimate | null, scale: Scale): Html {
  const zero = place(Math.max(scale.from, Math.min(0, scale.to)), scale);
  const marks = [
    ...(control === null ? [] : [bar(control, scale, 11, CONTROL), controlMark(place(control.value, scale), 11)]),
    ...(candidate === null
      ? []
      : [bar(candidate, scale, 23, CANDIDATE), candidateMark(place(candidate.value, scale), 23)]),
  ];
  return html`<svg width="${WIDTH}" height="${ROW_HEIGHT}" viewBox="0 0 ${WIDTH} ${ROW_HEIGHT}" aria-hidden="true">
    <line x1="${zero}" x2="${zero}" y1="0" y2="${ROW_HEIGHT}" stroke="#d9dbd8" />
    ${marks}
  </svg>`;
}

export const controlMark = (x: number, y: number): Html => html`<circle cx="${x}" cy="${y}" r="4" fill="${CONTROL}" />`;
export const candidateMark = (x: number, y: number): Html =>
  new Html(`<path d="M${x - 5} ${y}l5 -5 5 5 -5 5z" fill="${CANDIDATE}" />`);

/** A bound that is not known is drawn as an arrow to the edge. */
function bar({ low, high }: Estimate, scale: Scale, y: number, colour: string): Html {
  const [left, right] = [low === null ? 2 : place(low, scale), high === null ? WIDTH - 2 : place(high, scale)];
  const end = (x: number, known: boolean, inwards: number): string =>
    known ? `M${x} ${y - 4}v8` : `M${x + 4 * inwards} ${y - 4}L${x} ${y}l${4 * inwards} 4`;
  const path = `M${left} ${y}H${right}${end(left, low !== null, 1)}${end(right, high !== null, -1)}`;
  return html`<path d="${path}" stroke="${colour}" stroke-width="1.5" fill="none" />`;
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
