import { createOptions, findOption } from "../../inference/engines/vllm/options.ts";
import { promptFormats } from "../../inference/prompts/formats.ts";
import type { PromptFormatName } from "../../inference/prompts/formats.ts";
import type { Outcomes } from "./outcomes.ts";
import { decided, engineFor, json } from "./server-under-test.ts";
import type { Case, ServerUnderTest } from "./server-under-test.ts";

/** Share of cases on which reading and writing must agree. */
const AGREEMENT = 0.99;
const ANSWER_TOKENS = 40;

interface Tally {
  named: number;
  readonly apart: string[];
}

/**
 * Lets the model write its answer, greedily and freely, until it has named a policy in `wanted` cases; what the engine
 * reads must be the same. Those that differ are listed. Answers of `other` on the way there are counted apart, and so are
 * questions that the server refused. A model that was never tuned for routing may name none at all: that is said and
 * nothing is counted.
 */
export async function checkAgreement(
  outcomes: Outcomes,
  server: ServerUnderTest,
  format: PromptFormatName,
  { cases, wanted }: { readonly cases: readonly Case[]; readonly wanted: number },
): Promise<void> {
  const prompts = promptFormats[format];
  const engine = await engineFor(server, format);
  const policies: Tally = { named: 0, apart: [] };
  const others: Tally = { named: 0, apart: [] };
  const refusals: number[] = [];
  let asked = 0;
  for (const one of cases) {
    if (policies.named === wanted || (policies.named + others.named === 0 && asked === wanted)) break;
    asked += 1;
    const options = createOptions(one.policies, prompts);
    const content = prompts.prompt(prompts.routes(one.policies), one.conversation);
    const answer = await writtenBy(server, content);
    if (typeof answer === "number") refusals.push(answer);
    const written = typeof answer === "number" ? -1 : findOption(options, answer);
    if (written === -1) continue;
    const tally = written === one.policies.length ? others : policies;
    tally.named += 1;
    const { logits } = await decided(engine, one);
    const read = logits.indexOf(Math.max(...logits));
    if (read !== written) tally.apart.push(`wrote ${options.texts[written] ?? ""}, read ${options.texts[read] ?? ""}`);
  }
  const statuses = refusals.length === 0 ? "" : ` (${[...new Set(refusals)].join(", ")})`;
  const refused = `${String(refusals.length)} of ${String(asked)} questions refused${statuses}`;
  if (policies.named + others.named === 0 && refusals.length < asked) {
    process.stdout.write(`– reading beside writing: skipped, no answer names a policy, ${refused}\n`);
    return;
  }
  await outcomes.check(`${String(wanted)} answers name a policy, ${refused}`, () =>
    Promise.resolve(policies.named < wanted ? `${String(policies.named)} do` : ""),
  );
  await report(outcomes, `of ${String(asked)} answers name a policy`, policies);
  await report(outcomes, "more are `other`", others);
}

async function report({ check }: Outcomes, what: string, { named, apart }: Tally): Promise<void> {
  if (named === 0) return;
  const differ = `${String(apart.length)} differ\n  ${apart.join("\n  ")}`;
  const enough = apart.length <= named * (1 - AGREEMENT);
  const read = String(named - apart.length);
  await check(
    `reading chooses what the model writes: ${String(named)} ${what}, ${read} are read as they are written`,
    () => Promise.resolve(enough ? "" : differ),
  );
  if (apart.length > 0 && enough) process.stdout.write(`  ${differ}\n`);
}

/** What the model writes; the status of a refusal. */
async function writtenBy({ url, model }: ServerUnderTest, content: string): Promise<string | number> {
  const body = { model, messages: [{ role: "user", content }], temperature: 0, max_tokens: ANSWER_TOKENS };
  const answer = await fetch(`${url}/v1/chat/completions`, json(body));
  if (!answer.ok) return answer.status;
  const { choices } = (await answer.json()) as { choices: { message: { content: string | null } }[] };
  return choices[0]?.message.content ?? "";
}
