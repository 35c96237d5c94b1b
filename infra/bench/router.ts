/**
 * `npm run bench:router -- --url http://127.0.0.1:8000 --model NAME [--pid PID] [--rounds 8] [--json]`: what a decision by
 * a generative router costs its vLLM server, asked as the gateway of its authors asks it (routes in random order, the
 * answer generated freely) and as this service does. Both in turn, batch by batch, on the same server; neither finds the
 * other's prompts in the cache. Both have asked with each policy set once before anything is counted, as in a service
 * that has run for a minute. Conversations are short, long, or long ones that go on, whose turn before this one was
 * decided too: all others are new to the cache. With the server's `--pid`, its processor time and that of its children
 * (Linux).
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { CONTRACT_VERSION } from "../../inference/contract/index.ts";
import type { Policy, Turn } from "../../inference/contract/index.ts";
import { readRecords, WORLDS } from "../../inference/evaluation/record.ts";
import { PROMPT_FORMATS } from "../../inference/prompts/formats.ts";
import { startInference } from "../local/inference-process.ts";
import { askAsTheAuthorsDo, type Spent } from "./authors-protocol.ts";
import { summary } from "./percentiles.ts";
import { processorSeconds } from "./processor-time.ts";

const TOKEN = "bench-of-a-generative-router";
const POLICIES = 14;
const SHORT_TURNS = 1;
const LONG_TURNS = 13;
/** The turns since the decision before: what the assistant said, and what the user says now. */
const LATEST_TURNS = 2;
const DEADLINE_MS = 60_000;
/** Begins every conversation: a server may still hold what an earlier run has asked it. */
const RUN = randomUUID().slice(0, 8);

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    model: { type: "string" },
    pid: { type: "string" },
    format: { type: "string", default: "arch-router-v1" },
    rounds: { type: "string", default: "8" },
    sets: { type: "string", default: "1,20,100" },
    concurrency: { type: "string", default: "1,4,8" },
    json: { type: "boolean", default: false },
  },
});
const format = PROMPT_FORMATS.find((name) => name === values.format);
const { url, model } = values;
if (url === undefined || model === undefined || format === undefined) {
  throw new Error("--url, --model and a known --format are needed");
}
const server = { url, model, format };
const numbers = (text: string): number[] => text.split(",").map(Number);

interface Question {
  readonly set: readonly Policy[];
  readonly conversation: readonly Turn[];
}

interface Side {
  readonly ms: number[];
  readonly spent: Spent[];
  seconds: number;
}
const newSide = (): Side => ({ ms: [], spent: [], seconds: 0 });

async function main(): Promise<void> {
  const records = await readRecords([WORLDS]);
  const policies = [
    ...new Map(
      records.flatMap((record) => record.policies.map(({ name, description }) => [name, { name, description }])),
    ).values(),
  ];
  const short = records.map(({ turns }) => turns.slice(0, SHORT_TURNS));
  const long = records.filter(({ turns }) => turns.length >= LONG_TURNS).map(({ turns }) => turns.slice(0, LONG_TURNS));
  const conversations = [
    { length: "short", texts: short, goesOn: false },
    { length: "long", texts: long, goesOn: false },
    { length: "long", texts: long, goesOn: true },
  ];
  process.env["ENGINES"] = JSON.stringify([{ name: "bench", baseUrls: [url], model, format }]);
  process.env["EMBEDDED_THREADS"] = "1";
  const log = createWriteStream("/dev/null");
  const inference = await startInference({ port: 0, token: TOKEN, log, signal: new AbortController().signal });
  try {
    while (!(await fetch(`${inference.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 250));
    const askTheirs = ({ set, conversation }: Question) => askAsTheAuthorsDo(server, set, conversation);
    const decide = ({ set, conversation }: Question) => ask(inference.url, set, conversation);
    let number = 0;
    for (const sets of numbers(values.sets)) {
      for (let set = 0; set < sets; set += 1) {
        number += 1;
        const asked = { set: policySet(policies, set), conversation: fresh(short, number) };
        await askTheirs(asked);
        await decide(asked);
      }
      for (const { length, texts, goesOn } of conversations) {
        for (const concurrency of numbers(values.concurrency)) {
          const [theirs, ours] = [newSide(), newSide()];
          for (let round = 0; round < Number(values.rounds); round += 1) {
            const asked = Array.from({ length: concurrency }, () => {
              number += 1;
              return { set: policySet(policies, number % sets), conversation: fresh(texts, number) };
            });
            for (const [side, work] of [
              [theirs, askTheirs],
              [ours, decide],
            ] as const) {
              if (goesOn) await Promise.all(asked.map(atTheTurnBefore).map(work));
              await measure(side, asked, work);
            }
          }
          tell({ length, goesOn, sets, concurrency }, theirs, ours);
        }
      }
    }
  } finally {
    await inference.stop();
    log.end();
  }
}

async function measure(side: Side, asked: readonly Question[], work: (one: Question) => Promise<Spent>): Promise<void> {
  const before = await serverSeconds();
  await Promise.all(
    asked.map(async (one) => {
      const began = performance.now();
      side.spent.push(await work(one));
      side.ms.push(performance.now() - began);
    }),
  );
  side.seconds += (await serverSeconds()) - before;
}

const serverSeconds = (): Promise<number> =>
  values.pid === undefined ? Promise.resolve(0) : processorSeconds(Number(values.pid));

async function ask(address: string, policies: readonly Policy[], conversation: readonly Turn[]): Promise<Spent> {
  const answer = await fetch(`${address}/v1/decide`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({
      contract: CONTRACT_VERSION,
      engine: "bench",
      policies,
      conversation,
      isolation: "bench",
      deadlineMs: DEADLINE_MS,
    }),
  });
  const body = (await answer.json()) as { tokens?: Spent };
  if (!answer.ok || body.tokens === undefined) throw new Error(`/v1/decide answered ${String(answer.status)}`);
  return body.tokens;
}

/** The same policies in the same order for the same number. */
function policySet(policies: readonly Policy[], number: number): Policy[] {
  return Array.from({ length: POLICIES }, (_, index) => policies[(number * 37 + index) % policies.length]).filter(
    (policy) => policy !== undefined,
  );
}

const atTheTurnBefore = ({ set, conversation }: Question): Question => ({
  set,
  conversation: conversation.slice(0, -LATEST_TURNS),
});

/** A conversation that no cache has seen. */
function fresh(texts: readonly (readonly Turn[])[], number: number): Turn[] {
  const turns = texts[number % texts.length] ?? [];
  return turns.map(({ role, content }, index) => ({
    role,
    content: index === 0 ? `${RUN}-${String(number)} ${content}` : content,
  }));
}

function tell(setting: Readonly<Record<string, string | number | boolean>>, theirs: Side, ours: Side): void {
  const figures = (side: Side) => {
    const mean = (of: (spent: Spent) => number) =>
      side.spent.reduce((sum, one) => sum + of(one), 0) / side.spent.length;
    return {
      ms: summary(side.ms),
      server_seconds: side.seconds / side.spent.length,
      prompt_tokens: mean(({ prompt }) => prompt),
      cached_tokens: mean(({ cached }) => cached),
      decode_steps: mean(({ completion }) => completion),
    };
  };
  const line = { ...setting, theirs: figures(theirs), ours: figures(ours), cost: ours.seconds / theirs.seconds };
  process.stdout.write(values.json ? `${JSON.stringify(line)}\n` : `${readable(line)}\n`);
}

function readable(line: { theirs: object; ours: object; cost: number } & Readonly<Record<string, unknown>>): string {
  const { theirs, ours, cost, ...setting } = line;
  return [setting, { theirs }, { ours }, { cost: Number.isFinite(cost) ? Number(cost.toFixed(2)) : "give --pid" }]
    .map((part) =>
      JSON.stringify(part, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(2)) : value)),
    )
    .join("\n  ");
}

await main();
