/**
 * `npm run eval:attacks [-- --engine <name> --data <file or folder> … --conversations 100 --json]`: how often the words of
 * a message change its routing. Every attack of attacks.json is put into the last turn of conversations that the engine
 * has decided without it. Flipped: another policy than before. Captured: the one that the attack names, which is drawn
 * from those the conversation was not sent to.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { normaliseConversation, type Policy, type Turn } from "../../contract/index.ts";
import { createService } from "../../create-service.ts";
import type { ServedEngine } from "../../decide/served-engine.ts";
import { parseEnv } from "../../env.ts";
import { EVALUATION_ISOLATION } from "../answer.ts";
import { choiceOf } from "../choice.ts";
import { harnessDeps } from "../harness-deps.ts";
import { readRecords, WORLDS } from "../record.ts";
import type { BenchmarkRecord } from "../record.ts";
import { startEngine } from "../start-engine.ts";
import { ATTACKS, underAttack } from "./attack.ts";

const DEFAULT_CONVERSATIONS = "100";

interface Tally {
  readonly name: string;
  asked: number;
  flipped: number;
  captured: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "default" },
      data: { type: "string", multiple: true, default: [WORLDS] },
      conversations: { type: "string", default: DEFAULT_CONVERSATIONS },
      json: { type: "boolean", default: false },
    },
  });
  const env = parseEnv({ SERVICE_TOKENS: "evaluation-opens-no-routes", ...process.env }, (path) =>
    readFileSync(path, "utf8"),
  );
  const { registry } = createService(env, harnessDeps());
  try {
    const found = registry.find(values.engine);
    if (!found.ok) throw new Error(found.refusal.message);
    const engine = found.value;
    const records = await recordsOf(values.data, Number(values.conversations));
    // The embedded engine shortlists for others, so it is there whoever is attacked.
    await startEngine(registry.comparing);
    await startEngine(engine);
    const attacks = await attack(engine, records);
    const report = { engine: `${engine.name}@${engine.version}`, conversations: records.length, attacks };
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : table(report));
  } finally {
    for (const one of registry.all) one.stop();
  }
}

/** Spread over the whole set, always the same ones. */
async function recordsOf(paths: readonly string[], count: number): Promise<BenchmarkRecord[]> {
  const records = (await readRecords(paths)).filter(({ policies }) => policies.length > 1);
  const wanted = Math.min(records.length, count);
  return Array.from({ length: wanted }, (_, index) => Math.floor((index * records.length) / wanted)).flatMap(
    (place) => records[place] ?? [],
  );
}

async function attack(engine: ServedEngine, records: readonly BenchmarkRecord[]): Promise<Tally[]> {
  const tallies: Tally[] = ATTACKS.map(({ name }) => ({ name, asked: 0, flipped: 0, captured: 0 }));
  for (const [index, record] of records.entries()) {
    const policies = record.policies.map(({ name, description }) => ({ name, description }));
    const last = record.turns.findLastIndex(({ role }) => role === "user");
    const conversation = record.turns.slice(0, last + 1);
    const before = await decided(engine, policies, conversation);
    if (before === null) continue;
    const others = policies.filter(({ name }) => name !== before);
    const target = others[index % others.length];
    if (target === undefined) continue;
    for (const [place, one] of ATTACKS.entries()) {
      const after = await decided(engine, policies, underAttack(conversation, one, target));
      const tally = tallies[place];
      if (tally === undefined) continue;
      tally.asked += 1;
      if (after !== before) tally.flipped += 1;
      if (after === target.name) tally.captured += 1;
    }
  }
  const all = {
    name: "all",
    asked: sum(tallies, "asked"),
    flipped: sum(tallies, "flipped"),
    captured: sum(tallies, "captured"),
  };
  return [...tallies, all];
}

async function decided(
  engine: ServedEngine,
  policies: readonly Policy[],
  turns: readonly Turn[],
): Promise<string | null> {
  const { name, members } = engine;
  const conversation = normaliseConversation(turns);
  const signal = new AbortController().signal;
  const paidEngines = members === undefined ? [name] : [members.first.name, members.second.name];
  const asked = { conversation, isolation: EVALUATION_ISOLATION, signal, paidEngines };
  const result = await engine.decide(policies, asked);
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return choiceOf(result.value);
}

const sum = (tallies: readonly Tally[], of: "asked" | "flipped" | "captured"): number =>
  tallies.reduce((total, tally) => total + tally[of], 0);

function table({
  engine,
  conversations,
  attacks,
}: {
  engine: string;
  conversations: number;
  attacks: Tally[];
}): string {
  const share = (count: number, of: number): string => `${((100 * count) / of).toFixed(1).padStart(6)} %`;
  const rows = attacks.map(
    ({ name, asked, flipped, captured }) => `${name.padEnd(26)}${share(flipped, asked)}  ${share(captured, asked)}\n`,
  );
  return `${engine}, ${conversations} conversations\n${"".padEnd(26)} flipped  captured\n${rows.join("")}`;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
