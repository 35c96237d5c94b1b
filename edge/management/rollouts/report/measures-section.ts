import type { Estimate } from "../../../rollouts/intervals.ts";
import { html, type Html } from "../../../reference/html.ts";
import type { ComparisonView } from "../comparison.schema.ts";
import { axis, candidateMark, controlMark, intervalPlot, scaleOf } from "./interval-plot.ts";
import { spoken, spokenDifference } from "./units.ts";

type Measure = ComparisonView["measures"][number];

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
  { title: "Feedback (−1 to 1)", names: { feedback: "" } },
];

/** Every measure of both arms, drawn with its interval and in numbers, and their difference. */
export function measuresSection({ measures, confidence }: ComparisonView): Html {
  const groups = GROUPS.map(({ title, names }) => {
    const all = measures.filter(({ measure }) => Object.hasOwn(names, measure));
    return { title, names, shown: all.slice(0, MOST_KINDS), more: Math.max(0, all.length - MOST_KINDS) };
  });
  return html`<h2>The arms beside each other</h2>
    <p class="legend small">
      <span><svg width="12" height="12">${controlMark(6, 6)}</svg>control</span>
      <span><svg width="12" height="12">${candidateMark(6, 6)}</svg>candidate</span>
      <span class="faint"
        >bars: ${Math.round(confidence * 100)} % confidence; an arrow: too few requests for a bound</span
      >
    </p>
    <table>
      <thead>
        <tr>
          <th></th>
          <th></th>
          <th>Control</th>
          <th>Candidate</th>
          <th>Candidate less control</th>
        </tr>
      </thead>
      ${groups.filter(({ shown }) => shown.length > 0).map(group)}
    </table>`;
}

function group({
  title,
  names,
  shown,
  more,
}: {
  readonly title: string;
  readonly names: Readonly<Record<string, string>>;
  readonly shown: readonly Measure[];
  readonly more: number;
}): Html {
  const unit = shown[0]?.unit ?? "share";
  const scale = scaleOf(
    shown.flatMap(({ arms }) => [arms["control"] ?? null, arms["candidate"] ?? null]),
    unit,
  );
  const row = ({ measure, detail, arms, differences }: Measure): Html => {
    const [control, candidate] = [arms["control"] ?? null, arms["candidate"] ?? null];
    return html`<tr>
      <td class="name">${detail ?? names[measure] ?? measure}</td>
      <td class="plot">${intervalPlot(control, candidate, scale)}</td>
      <td>${estimate(control, (value) => spoken(value, unit))}</td>
      <td>${estimate(candidate, (value) => spoken(value, unit))}</td>
      <td>${difference(differences["candidate"] ?? null, unit)}</td>
    </tr>`;
  };
  const rest = html`<tr>
    <td colspan="5" class="faint small">${more} rarer ones stand in the comparison's JSON.</td>
  </tr>`;
  return html`<tbody>
    <tr class="group">
      <th>${title}</th>
      <th>${axis(scale)}</th>
      <th colspan="3"></th>
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

function difference(given: Estimate | null, unit: Measure["unit"]): Html {
  if (given === null) return html`<span class="faint">none</span>`;
  const say = (value: number): string => spokenDifference(value, unit);
  const { value, low, high } = given;
  const known = (low !== null && low > 0) || (high !== null && high < 0);
  const interval = range(low, high, say);
  return html`<span class="number">${known ? html`<strong>${say(value)}</strong>` : say(value)}</span>
    <div class="interval">${interval}</div>`;
}

function range(low: number | null, high: number | null, say: (value: number) => string): string {
  if (low === null) return high === null ? "no bounds" : `up to ${say(high)}`;
  return high === null ? `from ${say(low)} on` : `${say(low)} to ${say(high)}`;
}
