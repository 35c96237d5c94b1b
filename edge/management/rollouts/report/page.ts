import { Html, html } from "../../../reference/html.ts";
import type { DetailedComparison } from "../compare.ts";
import { guardrailsSection } from "./guardrails-section.ts";
import { instant } from "./instant.ts";
import { measuresSection } from "./measures-section.ts";
import type { RolloutView } from "../schema.ts";
import { scheduleSection } from "./schedule-section.ts";
import { STYLE } from "./style.ts";
import { trafficSection } from "./traffic-section.ts";

/** Made of exactly the text whose hash the content security policy names. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const CLASSES = { running: "good", paused: "plain", promoted: "good", aborted: "bad" } as const;

/** What serves after a candidate model, or the settings that a candidate engine decides under instead of the router's. */
function alongside(candidate: RolloutView["candidate"]): string[] {
  if (!("engine" in candidate)) return (candidate.fallbacks ?? []).map((model) => `then ${model}`);
  const { deadline_ms, min_confidence, other_bias } = candidate;
  return Object.entries({ deadline_ms, min_confidence, other_bias }).flatMap(([setting, value]) =>
    value === undefined ? [] : `${setting} ${value}`,
  );
}

/** A rollout's report as one HTML page that needs no script, no font and no other file. `policy` guards it on disk, too. */
export function reportPage({ view, guardrails, batches }: DetailedComparison, policy: string): string {
  const { rollout, as_of } = view;
  const { id, router, candidate, status, percent, reason, created_at } = rollout;
  const name = "engine" in candidate ? candidate.engine : candidate.model;
  const place = rollout.policy === null ? `router ${router}` : `“${rollout.policy}”`;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="content-security-policy" content="${policy}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Rollout of ${name} for ${rollout.policy ?? place}</title>
      ${STYLE_ELEMENT}
    </head>
    <body>
      <h1>${name} for ${place} <span class="badge ${CLASSES[status]}">${status}</span></h1>
      <p class="faint">A rollout as it stood at ${instant(as_of)}.</p>
      <dl>
        <dt>Router</dt>
        <dd>${router}</dd>
        <dt>Candidate</dt>
        <dd>${[name, ...alongside(candidate)].join(", ")}</dd>
        <dt>Share</dt>
        <dd>${percent} % of the ${rollout.policy === null ? "router" : "policy"}'s conversations</dd>
        <dt>Begun</dt>
        <dd>${instant(created_at)}</dd>
        ${
          reason === null
            ? null
            : html`<dt>Why it ended</dt>
                <dd>${reason}</dd>`
        }
        <dt>Id</dt>
        <dd>${id}</dd>
      </dl>
      ${scheduleSection(rollout)} ${guardrailsSection(rollout.guardrails, guardrails)} ${trafficSection(view, batches)}
      ${measuresSection(view)}
      <p class="faint small">
        Intervals hold one at a time; who looks at many will see some miss. A difference in bold has an interval without
        zero. The guardrails' own test may be looked at after every batch.
      </p>
    </body>
  </html>`;
  return `<!doctype html>\n${page.markup}`;
}
