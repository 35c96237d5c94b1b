/**
 * `npm run test:vllm -- --url http://127.0.0.1:8000 --model NAME [--format …] [--cases 200]`: what the engine takes for
 * granted of a vLLM server, asked of a real one: that it names tokens, reuses prompts, stops when the caller leaves and
 * refuses as it is understood; and that reading an answer chooses what the model would have written, on every case of
 * the evaluation worlds whose free answer names a policy. Ends with `N passed, N failed`. README.md beside it says how
 * such a server is had on a machine without a GPU.
 */
import { parseArgs } from "node:util";
import type { Policy, Turn } from "../../inference/contract/index.ts";
import { createDeps } from "../../inference/deps.ts";
import { deploymentsSchema } from "../../inference/engines/deployments.ts";
import type { Deployment } from "../../inference/engines/deployments.ts";
import { createOptions, findOption } from "../../inference/engines/vllm/options.ts";
import { createVllmEngine } from "../../inference/engines/vllm/vllm-engine.ts";
import { readRecords } from "../../inference/evaluation/record.ts";
import { PROMPT_FORMATS, promptFormats } from "../../inference/prompts/formats.ts";

const WORLDS = new URL("../../inference/evaluation/worlds", import.meta.url).pathname;
/** Share of cases on which reading and writing must agree. */
const AGREEMENT = 0.99;
const ANSWER_TOKENS = 40;
const SLOT_IS_FREED_WITHIN_MS = 5_000;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    model: { type: "string" },
    format: { type: "string", default: "arch-router-v1" },
    cases: { type: "string", default: "200" },
  },
});
const format = PROMPT_FORMATS.find((name) => name === values.format);
const { url, model } = values;
if (url === undefined || model === undefined || format === undefined) {
  throw new Error("--url, --model and a known --format are needed");
}

interface Case {
  readonly policies: readonly Policy[];
  readonly conversation: readonly Turn[];
}

const outcomes: boolean[] = [];
async function check(what: string, work: () => Promise<string>): Promise<void> {
  const complaint = await work().catch((error: unknown) => String(error));
  outcomes.push(complaint === "");
  process.stdout.write(`${complaint === "" ? "✓" : "✗"} ${what}${complaint === "" ? "" : `: ${complaint}`}\n`);
}

async function main(baseUrl: string, modelName: string): Promise<void> {
  const records = await readRecords([WORLDS]);
  const cases = records.flatMap(({ policies, turns }) => {
    const last = turns.findLastIndex(({ role }) => role === "user");
    return [
      {
        policies: policies.map(({ name, description }) => ({ name, description })),
        conversation: turns.slice(0, last + 1),
      },
    ];
  });
  const [first] = cases;
  if (first === undefined) throw new Error("there are no evaluation worlds");

  for (const name of PROMPT_FORMATS) {
    await check(`${name}: a decision is read, nothing is written`, async () => {
      const { tokens, logits } = await decided(await engineFor(baseUrl, modelName, name), first);
      if (logits.length !== first.policies.length + 1) return "not one number an option";
      return tokens !== undefined && tokens.completion <= 8 ? "" : `wrote ${String(tokens?.completion)} tokens`;
    });
  }
  const engine = await engineFor(baseUrl, modelName, format ?? "arch-router-v1");
  await check("a prompt that was there before is in the prefix cache, for the same tenant alone", async () => {
    await decided(engine, first, "check-a");
    const again = await decided(engine, first, "check-a");
    const foreign = await decided(engine, first, `check-${String(performance.now())}`);
    if ((again.tokens?.cached ?? 0) === 0) return "nothing was cached (--enable-prompt-tokens-details?)";
    return (foreign.tokens?.cached ?? 0) < (again.tokens?.cached ?? 0)
      ? ""
      : "another tenant was given the cached prompt";
  });
  await check("a caller that leaves frees its slot", async () => {
    const prepared = await engine.prepare({ policies: first.policies, digest: "leaving" });
    const caller = new AbortController();
    const asked = engine.decide(prepared, {
      conversation: first.conversation,
      isolation: "check-b",
      signal: caller.signal,
    });
    const until = performance.now() + SLOT_IS_FREED_WITHIN_MS;
    while (performance.now() < until && (await running(baseUrl)) === 0);
    caller.abort();
    await asked;
    const freed = performance.now() + SLOT_IS_FREED_WITHIN_MS;
    while (performance.now() < freed) if ((await running(baseUrl)) === 0) return "";
    return `requests still run after ${String(SLOT_IS_FREED_WITHIN_MS)} ms`;
  });
  await check("a model that the server does not have is refused as 404", async () => {
    const answer = await fetch(
      `${baseUrl}/v1/completions`,
      json({ model: "no-such-model", prompt: "x", max_tokens: 1 }),
    );
    return answer.status === 404 ? "" : `answered ${String(answer.status)}`;
  });
  await agreement(engine, baseUrl, modelName, cases.slice(0, Number(values.cases)));
}

async function agreement(engine: Engine, baseUrl: string, modelName: string, cases: readonly Case[]): Promise<void> {
  const prompts = promptFormats[format ?? "arch-router-v1"];
  let named = 0;
  const apart: string[] = [];
  for (const one of cases) {
    const options = createOptions(one.policies, prompts);
    const content = prompts.prompt(prompts.routes(one.policies), one.conversation);
    const body = { model: modelName, messages: [{ role: "user", content }], temperature: 0, max_tokens: ANSWER_TOKENS };
    const answer = (await (await fetch(`${baseUrl}/v1/chat/completions`, json(body))).json()) as {
      choices: { message: { content: string | null } }[];
    };
    const written = findOption(options, answer.choices[0]?.message.content ?? "");
    if (written === -1) continue;
    named += 1;
    const { logits } = await decided(engine, one);
    const read = logits.indexOf(Math.max(...logits));
    if (read !== written) apart.push(`wrote ${options.texts[written] ?? ""}, read ${options.texts[read] ?? ""}`);
  }
  if (named === 0) {
    process.stdout.write(`– reading beside writing: skipped, no answer of ${String(cases.length)} names a policy\n`);
    return;
  }
  await check(
    `reading chooses what the model writes, on ${String(named)} of ${String(cases.length)} cases it names a policy`,
    () =>
      Promise.resolve(
        apart.length <= named * (1 - AGREEMENT) ? "" : `${String(apart.length)} differ\n  ${apart.join("\n  ")}`,
      ),
  );
}

type Engine = ReturnType<typeof createVllmEngine>;

async function engineFor(baseUrl: string, modelName: string, name: (typeof PROMPT_FORMATS)[number]): Promise<Engine> {
  const [deployment] = deploymentsSchema.parse([
    { name: "checked", baseUrls: [baseUrl], model: modelName, format: name },
  ]);
  const engine = createVllmEngine(deployment as Deployment, { ...createDeps(), log: () => undefined });
  await engine.start();
  while (!engine.ready()) await new Promise((resolve) => setTimeout(resolve, 250));
  return engine;
}

async function decided(engine: Engine, { policies, conversation }: Case, isolation = "check") {
  const prepared = await engine.prepare({ policies, digest: JSON.stringify(policies) });
  const signal = new AbortController().signal;
  const reading = await engine.decide(prepared, { conversation, isolation, signal });
  if (!reading.ok) throw new Error(reading.refusal.message);
  return reading.value;
}

async function running(baseUrl: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text();
  return Number(/^vllm:num_requests_running(?:\{.*\})? (\S+)/m.exec(text)?.[1] ?? Number.NaN);
}

const json = (body: object): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

await main(url, model);
const failed = outcomes.filter((passed) => !passed).length;
process.stdout.write(`${String(outcomes.length - failed)} passed, ${String(failed)} failed\n`);
process.exit(failed === 0 ? 0 : 1);
