/**
 * `npm run simulate:guardrails [-- --runs 1000]`: how often guardrails that are looked at after every batch raise a false
 * alarm, and how soon they catch a candidate that fails more often; and whether arms have the shares that were asked
 * for. Meant for every night: the tests hold the same with fewer runs. Exits 1 when something is not as promised.
 */
import { parseArgs } from "node:util";
import { findBreach } from "../../edge/rollouts/guardrails.ts";
import { rolloutArm } from "../../edge/routing/rollout-arm.ts";
import { shareEstimate } from "../../edge/rollouts/intervals.ts";
import { allGuardrails, share } from "./arms.ts";

const MINIMUM = 100;
const CONVERSATIONS = 100_000;

const { values } = parseArgs({ options: { runs: { type: "string", default: "1000" } } });
const runs = Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error("--runs must be a whole number");
let broken = 0;

const week = { control: 40, candidate: 10, batches: 7 * 96 };
const alarms = share(runs, (random) => findBreach(allGuardrails(random, week, 0.02, 0.02), MINIMUM) !== null);
tell("equal arms, five guardrails, 672 looks in a week: aborted", alarms, alarms <= 0.05, "at most 5 %");

for (const { rate, within } of [
  { rate: 0.04, within: 2_000 },
  { rate: 0.06, within: 500 },
]) {
  const traffic = { control: 475, candidate: 25, batches: within / 25 };
  const caught = share(
    runs,
    (random) => findBreach(allGuardrails(random, traffic, 0.02, rate), MINIMUM)?.guardrail === "errors",
  );
  const name = `errors of 2 % and ${rate * 100} %: caught within ${within.toLocaleString("en")} requests`;
  tell(name, caught, caught >= 0.9, "at least 90 %");
}

for (const { rate, within } of [
  { rate: 0.04, within: 2_000 },
  { rate: 0.06, within: 700 },
]) {
  const good = 5_000 / 25;
  const traffic = { control: 475, candidate: 25, batches: good + within / 25 };
  const caught = share(runs, (random) => {
    const rising = allGuardrails(random, traffic, 0.02, (batch) => (batch < good ? 0.02 : rate));
    const breach = findBreach(rising, MINIMUM);
    return breach?.guardrail === "errors" && breach.batch >= good;
  });
  const name = `errors that rise to ${rate * 100} % after 5,000 good requests: caught within ${within.toLocaleString("en")}`;
  tell(name, caught, caught >= 0.9, "at least 90 %");
}

for (const percent of [1, 5, 25, 50]) {
  let candidates = 0;
  for (let conversation = 0; conversation < CONVERSATIONS; conversation += 1) {
    const arm = await rolloutArm({ rolloutId: `rol_${percent}`, percent }, `conversation ${conversation}`);
    if (arm === "candidate") candidates += 1;
  }
  const asked = percent / 100;
  const errors = (candidates / CONVERSATIONS - asked) / Math.sqrt((asked * (1 - asked)) / CONVERSATIONS);
  const verdict = Math.abs(errors) <= 3;
  if (!verdict) broken += 1;
  const found = `${((candidates / CONVERSATIONS) * 100).toFixed(2)} %`;
  console.log(
    `${mark(verdict)} ${percent} % of 100,000 conversations: ${found}, ${errors.toFixed(1)} standard errors off`,
  );
}
process.exitCode = broken === 0 ? 0 : 1;

function tell(name: string, found: number, kept: boolean, promised: string): void {
  if (!kept) broken += 1;
  const { low, high } = shareEstimate(Math.round(found * runs), runs) ?? { low: 0, high: 1 };
  const percent = (value: number | null): string => `${((value ?? 0) * 100).toFixed(1)} %`;
  console.log(
    `${mark(kept)} ${name} in ${percent(found)} of ${runs} runs (${percent(low)} to ${percent(high)}); ${promised}`,
  );
}

function mark(kept: boolean): string {
  return kept ? "✓" : "✗";
}
