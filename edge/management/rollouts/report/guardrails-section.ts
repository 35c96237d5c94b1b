import { type GuardrailsInput } from "../../../rollouts/guardrails.schema.ts";
import type { GuardrailState } from "../../../rollouts/guardrails.ts";
import { minimumOf } from "../../../rollouts/judge-rollout.ts";
import { html, type Html } from "../../../reference/html.ts";
import { CANDIDATE } from "./interval-plot.ts";
import { spoken } from "./units.ts";

const WIDTH = 260;
const HEIGHT = 44;
const NAMES: Readonly<Record<string, string>> = {
  error_rate: "Errors",
  slow_first_byte: "Late first byte",
  slow_total: "Slow to the end",
  cost_per_request: "Cost of a request",
  feedback_score: "Feedback",
};
const CLASSES = { waiting: "plain", holding: "good", breached: "bad" } as const;

/** How each guardrail stands, and how the evidence against the candidate went. */
export function guardrailsSection(guardrails: GuardrailsInput, states: readonly GuardrailState[]): Html {
  if (states.length === 0)
    return html`<h2>Guardrails</h2>
      <p>This rollout has none: nothing aborts it by itself.</p>`;
  return html`<h2>Guardrails</h2>
    <p class="faint small">
      The line is the evidence that the candidate breaks its limit, batch by batch; at the dashed line it aborts the
      rollout. Judged from ${minimumOf(guardrails).toLocaleString("en")} requests of the candidate on; all guardrails
      and looks together abort at most 5 % of the rollouts whose candidate keeps its limits.
    </p>
    <table>
      <thead>
        <tr>
          <th></th>
          <th>Evidence</th>
          <th>Limit</th>
          <th>Judged</th>
          <th>Chance, if it kept to it</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${states.map(
          (state) =>
            html`<tr>
              <td class="short">${NAMES[state.guardrail] ?? state.guardrail}</td>
              <td class="plot">${evidencePlot(state)}</td>
              <td class="limit">${limitOf(guardrails, state.guardrail)}</td>
              <td class="short">${state.requests.toLocaleString("en")}</td>
              <td>
                ${chance(state.chance)}
                <div class="interval">breach at ${chance(state.breach_at)}</div>
              </td>
              <td><span class="badge ${CLASSES[state.state]}">${state.state}</span></td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Evidence over batches; none and less than none lie on the ground line. */
function evidencePlot({ evidence, breach_at }: GuardrailState): Html {
  const enough = -Math.log(breach_at);
  const top = Math.max(enough * 1.25, Math.min(enough * 3, ...evidence.filter((log) => log > enough).slice(-1)));
  const x = (index: number): number => 2 + (evidence.length < 2 ? 0 : (index / (evidence.length - 1)) * (WIDTH - 8));
  const y = (log: number): number => HEIGHT - 3 - (Math.min(top, Math.max(0, log)) / top) * (HEIGHT - 8);
  const points = evidence.map((log, index) => `${x(index).toFixed(1)},${y(log).toFixed(1)}`).join(" ");
  const last = evidence.length - 1;
  return html`<svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
    <line x1="0" x2="${WIDTH}" y1="${HEIGHT - 3}" y2="${HEIGHT - 3}" stroke="#d9dbd8" />
    <line x1="0" x2="${WIDTH}" y1="${y(enough)}" y2="${y(enough)}" stroke="#a8261c" stroke-dasharray="4 3" />
    <polyline points="${points}" fill="none" stroke="${CANDIDATE}" stroke-width="1.5" />
    ${last < 0 ? null : html`<circle cx="${x(last)}" cy="${y(evidence[last] ?? 0)}" r="3" fill="${CANDIDATE}" />`}
  </svg>`;
}

function limitOf(guardrails: GuardrailsInput, name: string): string {
  const { feedback_score: feedback } = guardrails;
  if (name === "feedback_score" && feedback !== undefined) {
    const { at_least, below_control, metric, exclude_inference_feedback } = feedback;
    const limit = at_least === undefined ? `at most ${below_control ?? 0} below the control` : `at least ${at_least}`;
    return `${metric} ${limit}${exclude_inference_feedback === true ? ", without feedback by inference keys" : ""}`;
  }
  const asked = Object.entries(guardrails).find(([key]) => key === name)?.[1];
  if (typeof asked !== "object") return "";
  const over = "over_ms" in asked ? `over ${spoken(asked.over_ms, "ms")}: ` : "";
  const { at_most, times_control } = asked as { at_most?: number; times_control?: number };
  if (at_most === undefined) return `${over}${times_control ?? 1} × the control`;
  return `${over}at most ${spoken(at_most, name === "cost_per_request" ? "usd" : "share")}`;
}

function chance(value: number): string {
  if (value < 1e-9) return "under 1e-9";
  return value < 0.001 ? value.toExponential(1) : value.toFixed(value > 0.1 ? 2 : 3);
}
