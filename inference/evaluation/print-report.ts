import type { CascadeReport, Cost } from "./cascade-report.ts";
import { printChoice } from "./choice.ts";
import type { TokenCounts } from "../contract/index.ts";
import { PAPER_ROWS } from "./paper-rows.ts";
import type { Report } from "./report.ts";
import { LEVELS } from "./score.ts";

const percent = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(2)).padStart(7);
const share = (value: number | null): string => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

/** A report as text, the paper's table first. */
export function printReport(report: Report): string {
  return [
    `${report.engine}: ${report.records} conversations, ${report.decisions} decisions`,
    "",
    ...scoreTable(report),
    "",
    ...confidenceLines(report),
    "",
    "Most frequent confusions (label → answer)",
    ...report.confusions.map((one) => `  ${one.count}×  ${one.dataset}: ${one.label} → ${printChoice(one.predicted)}`),
    "",
    "Policies with the most wrong turns",
    ...report.worstPolicies.map((one) => `  ${one.wrong} of ${one.count}  ${one.dataset}: ${one.policy}`),
    "",
    `Milliseconds a decision: p50 ${report.msPerDecision.p50.toFixed(1)}, p95 ${report.msPerDecision.p95.toFixed(1)}, ` +
      `p99 ${report.msPerDecision.p99.toFixed(1)}`,
    ...(report.tokensPerDecision === null ? [] : [`Tokens a decision: ${tokens(report.tokensPerDecision)}`]),
  ].join("\n");
}

const tokens = ({ prompt, cached, completion }: TokenCounts): string =>
  `${prompt.toFixed(0)} read, ${cached.toFixed(0)} of them cached, ${completion.toFixed(1)} written`;

const spent = ({ ms, tokens: { prompt, completion } }: Cost): string =>
  `${ms.toFixed(1)} ms, ${(prompt + completion).toFixed(0)} tokens`;

/** What a cascade gains over its first engine alone, and how often it asks the second one for that. */
export function printCascade(cascade: CascadeReport): string {
  const { first, second, threshold, escalated, accuracy, agreement, agreementWhenEscalated, cost } = cascade;
  const whenEscalated = agreementWhenEscalated === null ? "–" : share(agreementWhenEscalated);
  return [
    `Cascade of ${first} and ${second}: under ${threshold.toFixed(2)} the second is asked`,
    `  ${share(escalated)} escalated, ${share(accuracy)} of turns right; ` +
      `both choose the same in ${share(agreement)}, of the escalated in ${whenEscalated}`,
    `  a decision costs ${spent(cost)}; ${second} alone ${spent(cascade.secondAlone)}`,
    "Turns right against share escalated (threshold, escalated, right, cost of a decision)",
    ...cascade.curve.map(
      (point) =>
        `  ${point.threshold.toFixed(3)}  ${share(point.escalated).padStart(7)}  ${share(point.accuracy)}  ${spent(point.cost)}`,
    ),
  ].join("\n");
}

function scoreTable(report: Report): string[] {
  const title = (text: string): string => text.padEnd(34);
  const cells = report.cells.map(
    ({ dataset, scenario, levels }) =>
      title(`${dataset} ${scenario}`) + LEVELS.map((level) => percent(levels[level]?.percent)).join(""),
  );
  const summary = LEVELS.map((level) => percent(report.levels[level])).join("") + percent(report.overall);
  const paper = PAPER_ROWS.map(
    (row) =>
      title(`  ${row.model} (paper's data)`) +
      LEVELS.map((level) => percent(row[level])).join("") +
      percent(row.overall),
  );
  return [
    title("percent right") + [...LEVELS, "Overall"].map((name) => name.padStart(7)).join(""),
    ...cells,
    title("this engine") + summary,
    ...paper,
  ];
}

function confidenceLines({ confidence }: Report): string[] {
  const coverage = confidence.coverage.map((one) => `${share(one.share)} at ${share(one.precision)}`).join(", ");
  const { threshold, unsure, unsureOfOther, precision } = confidence.abstention;
  return [
    `Expected calibration error ${confidence.expectedCalibrationError.toFixed(3)}, ` +
      `AUROC ${confidence.areaUnderRoc?.toFixed(3) ?? "–"}, coverage at precision: ${coverage}`,
    `Under ${String(threshold)} and so unsure: ${share(unsure)} of the turns, ${share(unsureOfOther)} of those of other; ` +
      `of the rest ${share(precision)} right`,
    "Reliability (confidence: mean, share right, decisions)",
    ...confidence.reliability.map(
      (bin) =>
        `  ${bin.from.toFixed(1)}–${(bin.from + 0.1).toFixed(1)}: ${bin.confidence.toFixed(3)}  ` +
        `${bin.accuracy.toFixed(3)}  ${bin.count}`,
    ),
  ];
}
