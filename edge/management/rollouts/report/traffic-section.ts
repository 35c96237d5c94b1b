import type { ArmBatch } from "../../../rollouts/judge-rollout.ts";
import { shareEstimate } from "../../../rollouts/intervals.ts";
import { html, type Html } from "../../../reference/html.ts";
import type { ComparisonView } from "../comparison.schema.ts";
import { instant } from "./instant.ts";
import { CANDIDATE, CONTROL } from "./interval-plot.ts";
import { spoken } from "./units.ts";

const WIDTH = 900;
const HEIGHT = 130;
const BASE = HEIGHT - 20;
const MOST_BARS = 90;
const QUARTER_MS = 900_000;
/** How much time a bar may stand for, in quarters of an hour. */
const WIDTHS = [1, 2, 4, 8, 12, 24, 48, 96, 192, 384, 672];

interface Bar {
  readonly control: number;
  readonly candidate: number;
}

/** How many requests each arm had, in all and over time. */
export function trafficSection({ arms }: ComparisonView, batches: readonly ArmBatch[]): Html {
  const [control, candidate] = [arms["control"]?.requests ?? 0, arms["candidate"]?.requests ?? 0];
  const share = shareEstimate(candidate, control + candidate);
  const said =
    share === null
      ? null
      : html` The candidate had ${spoken(share.value, "share")} of them (${spoken(share.low ?? 0, "share")} to
        ${spoken(share.high ?? 1, "share")}).`;
  const aborted = (arms["control"]?.aborted ?? 0) + (arms["candidate"]?.aborted ?? 0);
  const copies = arms["shadow"];
  return html`<h2>Requests</h2>
    <p>
      ${(control + candidate).toLocaleString("en")} requests: ${control.toLocaleString("en")} of the control,
      ${candidate.toLocaleString("en")} of the candidate.${said}
      ${aborted === 0 ? null : html` ${aborted.toLocaleString("en")} more were given up by their callers; no measure counts those.`}
    </p>
    ${copies === undefined ? null : shadowLine(copies)} ${batches.length === 0 ? null : overTime(batches)}`;
}

/** Cut ones say nothing of the candidate but that there was no room for them. */
function shadowLine({ requests, censored, censored_by, cost_usd }: ComparisonView["arms"][string]): Html {
  const reasons = Object.entries(censored_by).map(([name, count]) => `${count.toLocaleString("en")} by ${name}`);
  return html`<p>
    The candidate also answered ${requests.toLocaleString("en")} copies, for ${spoken(cost_usd, "usd")};
    ${censored.toLocaleString("en")} more were not made or cut
    off${reasons.length === 0 ? null : ` (${reasons.join(", ")})`} and count in no measure.
  </p>`;
}

function overTime(batches: readonly ArmBatch[]): Html {
  const times = batches.map(({ batch }) => Date.parse(instantOf(batch)));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const quarters = (last - first) / QUARTER_MS + 1;
  const wide = (WIDTHS.find((width) => quarters / width <= MOST_BARS) ?? Math.ceil(quarters / MOST_BARS)) * QUARTER_MS;
  const begins = Math.floor(first / wide) * wide;
  const bars: Bar[] = Array.from({ length: Math.floor((last - begins) / wide) + 1 }, () => ({
    control: 0,
    candidate: 0,
  }));
  for (const [index, { arm, requests }] of batches.entries()) {
    const place = Math.floor(((times[index] ?? begins) - begins) / wide);
    const bar = bars[place] ?? { control: 0, candidate: 0 };
    bars[place] =
      arm === "candidate"
        ? { ...bar, candidate: bar.candidate + requests }
        : { ...bar, control: bar.control + requests };
  }
  const most = Math.max(1, ...bars.map(({ control, candidate }) => control + candidate));
  const width = Math.min(40, WIDTH / bars.length);
  const high = (count: number): number => (count / most) * (BASE - 16);
  const rect = (x: number, bottom: number, height: number, fill: string): Html =>
    html`<rect
      x="${x.toFixed(1)}"
      y="${(bottom - height).toFixed(1)}"
      width="${Math.max(0.5, width - 1).toFixed(1)}"
      height="${height.toFixed(1)}"
      fill="${fill}"
    />`;
  const drawn = bars.flatMap(({ control, candidate }, index) => {
    const lower = high(candidate);
    return [rect(index * width, BASE, lower, CANDIDATE), rect(index * width, BASE - lower, high(control), "#c9ccd1")];
  });
  const end = bars.length * width;
  return html`<svg class="wide" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
      <text x="0" y="10">${most.toLocaleString("en")} in ${spell(wide)}</text>
      ${drawn}
      <line x1="0" x2="${Math.max(end, 1).toFixed(1)}" y1="${BASE}" y2="${BASE}" stroke="${CONTROL}" />
      <text x="0" y="${HEIGHT - 6}">${instant(new Date(begins).toISOString())}</text>
      ${end < 300 ? null : html`<text x="${end.toFixed(1)}" y="${HEIGHT - 6}" text-anchor="end">${instant(new Date(begins + bars.length * wide).toISOString())}</text>`}
    </svg>
    <p class="faint small">
      Blue below: the candidate's. Grey above: the control's. As far as they have been judged.
    </p>`;
}

/** A PostgreSQL timestamptz in UTC, as ISO 8601. */
const instantOf = (batch: string): string => `${batch.slice(0, 19).replace(" ", "T")}Z`;

function spell(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 1_440 ? `${minutes / 60} h` : `${minutes / 1_440} d`;
}
