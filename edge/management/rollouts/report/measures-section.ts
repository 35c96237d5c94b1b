import type { Estimate } from "../../../rollouts/intervals.ts";
import { html, type Html } from "../../../reference/html.ts";
import type { ComparisonView } from "../comparison.schema.ts";
import { axis, intervalPlot, mark, scaleOf } from "./interval-plot.ts";
import { spoken, spokenDifference } from "./units.ts";

type Measure = ComparisonView["measures"][number];

/** In the order they are shown. */
const ARMS = ["control", "candidate", "shadow"];
const TITLES: Readonly<Record<string, string>> = {
  control: "Control",
  candidate: "Candidate",
  shadow: "Shadow (copies)",
};

/** Kinds of one group that are drawn; the others stand in the JSON. */
const MOST_KINDS = 12;

/** Measures that share a scale, under one heading. */
const GROUPS: readonly { readonly title: string; readonly names: Readonly<Record<string, string>> }[] = [
  { title: "Errors", names: { error_rate: "all", error: "" } },
  { title: "Time to the first byte", names: { first_byte_p50: "median", first_byte_p95: "95th percentile" } },
  { title: "Time to the end", names: { total_p50: "median", total_p95: "95th percentile" } },
  { title: "Input tokens", names: { input_tokens: "mean" } },
  { title: "Output tokens", names: { output_tokens: "mean" } },
  { title: "Cost of a request", names: { cost_usd: "mean" } },
  { title: "Finish reasons", names: { finish_reason: "" } },
  { title: "Copies that agree with what served", names: { agreement: "all" } },
  { title: "Decisions that fell back", names: { fallback_rate: "all", fallback: "" } },
  { title: "Outcomes", names: { outcome: "" } },
  { title: "Time to decide", names: { decide_p50: "median", decide_p95: "95th percentile" } },
  { title: "Confidence", names: { confidence: "mean" } },
  { title: "Input tokens of routing", names: { routing_input_tokens: "mean" } },
  { title: "Output tokens of routing", names: { routing_output_tokens: "mean" } },
  { title: "Cost of routing", names: { routing_cost_usd: "mean" } },
  { title: "Feedback (−1 to 1)", names: { feedback: "" } },
];

/** Every measure of the arms, drawn with its interval and in numbers, and how far the others lie above the control. */
export function measuresSection({ arms, measures, confidence }: ComparisonView): Html {
  const names = ARMS.filter((arm) => Object.hasOwn(arms, arm));
  const groups = GROUPS.map(({ title, names: own }) => {
    const all = measures.filter(({ measure }) => Object.hasOwn(own, measure));
    return {
      title,
      names: own,
      arms: names,
      shown: all.slice(0, MOST_KINDS),
      more: Math.max(0, all.length - MOST_KINDS),
    };
  });
  return html`<h2>The arms beside each other</h2>
    <p class="legend small">
      ${names.map((arm) => html`<span><svg width="12" height="12">${mark(arm, 6, 6)}</svg>${arm}</span>`)}
      <span class="faint"
        >bars: ${Math.round(confidence * 100)} % confidence; an arrow: too few requests for a bound</span
      >
    </p>
    <table>
      <thead>
        <tr>
          <th></th>
          <th></th>
          ${names.map((arm) => html`<th>${TITLES[arm] ?? arm}</th>`)}
          <th>Less the control</th>
        </tr>
      </thead>
      ${groups.filter(({ shown }) => shown.length > 0).map(group)}
    </table>`;
}

interface Group {
  readonly title: string;
  readonly names: Readonly<Record<string, string>>;
  readonly arms: readonly string[];
  readonly shown: readonly Measure[];
  readonly more: number;
}

function group({ title, names, arms, shown, more }: Group): Html {
  const unit = shown[0]?.unit ?? "share";
  const scale = scaleOf(
    shown.flatMap((measure) => arms.map((arm) => measure.arms[arm] ?? null)),
    unit,
  );
  const row = ({ measure, detail, arms: own, differences }: Measure): Html => {
    const estimates = arms.map((arm) => [arm, own[arm] ?? null] as const);
    return html`<tr>
      <td class="name">${detail ?? names[measure] ?? measure}</td>
      <td class="plot">${intervalPlot(estimates, scale)}</td>
      ${estimates.map(([, one]) => html`<td>${estimate(one, (value) => spoken(value, unit))}</td>`)}
      <td>
        ${arms.filter((arm) => arm !== "control").map((arm) => difference(arm, arms, differences[arm] ?? null, unit))}
      </td>
    </tr>`;
  };
  const rest = html`<tr>
    <td colspan="${arms.length + 3}" class="faint small">${more} rarer ones stand in the comparison's JSON.</td>
  </tr>`;
  return html`<tbody>
    <tr class="group">
      <th>${title}</th>
      <th>${axis(scale)}</th>
      <th colspan="${arms.length + 1}"></th>
    </tr>
    ${shown.map(row)} ${more === 0 ? null : rest}
  </tbody>`;
}

function estimate(given: Estimate | null, say: (value: number) => string): Html {
  if (given === null) return html`<span class="faint">none</span>`;
  const { value, low, high, of } = given;
  const interval = range(low, high, say);
  return html`<span class="number">${say(value)}</span>
    <div class="interval">${interval}<br />of ${of.toLocaleString("en")}</div>`;
}

/** An arm is marked where there are several to tell apart. */
function difference(arm: string, arms: readonly string[], given: Estimate | null, unit: Measure["unit"]): Html {
  const marked = arms.length > 2 ? html`<svg class="mark" width="12" height="12">${mark(arm, 6, 6)}</svg> ` : null;
  if (given === null) return html`<div class="faint">${marked}none</div>`;
  const say = (value: number): string => spokenDifference(value, unit);
  const { value, low, high } = given;
  const known = (low !== null && low > 0) || (high !== null && high < 0);
  const interval = range(low, high, say);
  return html`<div class="number">${marked}${known ? html`<strong>${say(value)}</strong>` : say(value)}</div>
    <div class="interval">${interval}</div>`;
}

function range(low: number | null, high: number | null, say: (value: number) => string): string {
  if (low === null) return high === null ? "no bounds" : `up to ${say(high)}`;
  return high === null ? `from ${say(low)} on` : `${say(low)} to ${say(high)}`;
}
