/**
 * `npm run bench:embedded [-- --rounds 200] [--json]`: what a decision of the embedded engine costs, through the real
 * inference process on one core (where the system has `taskset`). Policy texts and conversations are those of the
 * evaluation worlds, each conversation met once, so that no cache answers for the model.
 */
import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { CONTRACT_VERSION } from "../../inference/contract/index.ts";
import { readRecords, type BenchmarkRecord, WORLDS } from "../../inference/evaluation/record.ts";
import { startInference } from "../local/inference-process.ts";
import { summary, type Summary } from "./percentiles.ts";
import { residentMegabytes } from "./resident-memory.ts";

const TOKEN = "bench-of-the-embedded-engine";
const TURNS = 6;
const BURST = 16;

interface Policy {
  readonly name: string;
  readonly description: string;
}
type Turn = BenchmarkRecord["turns"][number];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string" }, json: { type: "boolean", default: false } } });
  const rounds = Math.min(2_000, Number(values.rounds ?? 200));
  const records = await readRecords([WORLDS]);
  const conversations = sixTurnConversations(records);
  const policies = distinctPolicies(records);

  const began = performance.now();
  const log = createWriteStream("/dev/null");
  process.env["EMBEDDED_THREADS"] = "1";
  const inference = await startInference({ port: 0, token: TOKEN, log, signal: new AbortController().signal });
  try {
    const oneCore = spawnSync("taskset", ["-a", "-cp", "0", String(inference.pid)]).status === 0;
    await until(async () => (await fetch(`${inference.url}/readyz`)).ok);
    const startMs = performance.now() - began;
    const post = (path: string, body: unknown) => send(`${inference.url}${path}`, body);

    const prepare: number[] = [];
    for (let round = 0; round < Math.min(30, rounds); round += 1) {
      prepare.push(
        await timed(() => post("/v1/prepare", { contract: CONTRACT_VERSION, policies: drawn(policies, 20, round) })),
      );
    }
    const at = async (count: number, set: number): Promise<{ next: Summary; whole: Summary }> => {
      const given = drawn(policies, count, set);
      await post("/v1/prepare", { contract: CONTRACT_VERSION, policies: given });
      const next: number[] = [];
      const whole: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const conversation = fresh(conversations, round, count);
        const decide = (turns: readonly Turn[]) => timed(() => post("/v1/decide", question(given, turns)));
        // As a conversation arrives: the turns before the last one were decided when they were the last.
        if (round % 4 === 0) whole.push(await decide(fresh(conversations, round, count + 0.5)));
        await decide(upToUserTurn(conversation, TURNS - 1));
        next.push(await decide(conversation));
      }
      return { next: summary(next), whole: summary(whole) };
    };
    const fourteen = await at(14, 0);
    const hundred = await at(100, 1);

    const order: string[] = [];
    const burst = Array.from({ length: BURST }, async (_, index) => {
      await post("/v1/decide", question(drawn(policies, 14, 0), fresh(conversations, index, -1)));
      order.push("decision");
    });
    await fetch(`${inference.url}/healthz`);
    order.push("healthz");
    await Promise.all(burst);

    const figures = {
      one_core: oneCore,
      start_ms: startMs,
      prepare_20_policies_ms: summary(prepare),
      sixth_turn_14_policies_ms: fourteen.next,
      six_new_turns_14_policies_ms: fourteen.whole,
      sixth_turn_100_policies_ms: hundred.next,
      ratio_100_to_14_policies_p50: hundred.next.p50 / fourteen.next.p50,
      decisions_answered_before_healthz_in_a_burst: `${String(order.indexOf("healthz"))} of ${String(BURST)}`,
      resident_mb: await residentMegabytes(inference.pid),
    };
    process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
  } finally {
    await inference.stop();
    log.end();
  }
}

function sixTurnConversations(records: readonly BenchmarkRecord[]): Turn[][] {
  const long = records.filter(({ turns }) => turns.filter(({ role }) => role === "user").length >= TURNS);
  const cut = long.map(({ turns }) => upToUserTurn(turns, TURNS));
  return [...new Map(cut.map((turns) => [JSON.stringify(turns), turns])).values()];
}

function upToUserTurn(turns: readonly Turn[], count: number): Turn[] {
  const users = turns.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  return turns.slice(0, (users[count - 1] ?? turns.length) + 1);
}

function distinctPolicies(records: readonly BenchmarkRecord[]): Policy[] {
  const all = records.flatMap(({ policies }) => policies.map(({ name, description }) => ({ name, description })));
  return [...new Map(all.map((policy) => [policy.name.toLowerCase(), policy])).values()];
}

/** `count` policies, another choice for every `set`. */
function drawn(policies: readonly Policy[], count: number, set: number): Policy[] {
  return Array.from({ length: count }, (_, index) => policies[(set * 37 + index) % policies.length]).filter(
    (policy) => policy !== undefined,
  );
}

/** A conversation that nobody has sent before: its turns end in words that name the round. */
function fresh(conversations: readonly Turn[][], round: number, series: number): Turn[] {
  const chosen = conversations[round % conversations.length] ?? [];
  const mark = ` (${String(series)}/${String(round)})`;
  return chosen.map(({ role, content }) => ({ role, content: role === "user" ? content + mark : content }));
}

const question = (policies: readonly Policy[], conversation: readonly Turn[]) => ({
  contract: CONTRACT_VERSION,
  policies,
  conversation,
  deadlineMs: 10_000,
});

async function send(url: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${String(answer.status)}: ${text}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("inference is not ready after 30 s");
}

function table(figures: Readonly<Record<string, unknown>>): string {
  const cell = (value: unknown): string => {
    if (typeof value === "number") return value.toFixed(1);
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value)
      .map(([name, number]) => `${name} ${Number(number).toFixed(1)}`)
      .join("  ");
  };
  return Object.entries(figures)
    .map(([name, value]) => `${name.replaceAll("_", " ").padEnd(46)} ${cell(value)}\n`)
    .join("");
}

await main();
