/**
 * `npm run eval -- --engine <name> --data <file or folder> … [--escalate-below 0.6] [--out answers.jsonl] [--json]`:
 * measures an engine of the inference service, or a cascade (`first+second` makes one of any two), on benchmark records,
 * through the code that serves traffic. Engines and calibrations come from the environment, as for the service.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createService } from "../create-service.ts";
import { createCascade } from "../decide/cascade.ts";
import type { ServedEngine } from "../decide/served-engine.ts";
import { harnessDeps } from "./harness-deps.ts";
import type { Deps } from "../deps.ts";
import type { Registry } from "../engines/registry.ts";
import { parseEnv } from "../env.ts";
import { answer } from "./answer.ts";
import { openAnswerFile } from "./answer-file.ts";
import { cascadeReport, composeAnswer } from "./cascade-report.ts";
import { printCascade, printReport } from "./print-report.ts";
import { readRecords, WORLDS } from "./record.ts";
import type { Answer, BenchmarkRecord } from "./record.ts";
import { makeReport } from "./report.ts";
import { showProgress } from "./progress.ts";
import { startEngine } from "./start-engine.ts";

const DEFAULT_THRESHOLD = 0.5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "default" },
      data: { type: "string", multiple: true, default: [WORLDS] },
      "escalate-below": { type: "string" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const threshold = values["escalate-below"] === undefined ? undefined : Number(values["escalate-below"]);
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1))
    throw new Error("--escalate-below is a confidence between 0 and 1");
  const deps = harnessDeps();
  // The service's own tokens guard its HTTP routes, which the harness does not open.
  const env = parseEnv({ SERVICE_TOKENS: "evaluation-opens-no-routes", ...process.env }, (path) =>
    readFileSync(path, "utf8"),
  );
  const { registry } = createService(env, deps);
  try {
    const engine = engineNamed(values.engine, registry, deps);
    const records = await readRecords(values.data);
    // The embedded engine shortlists for others, so it is there whoever is measured.
    await startEngine(registry.comparing);
    const { report, text } = await measure(engine, records, { out: values.out, threshold, deps });
    process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : text}\n`);
  } finally {
    for (const one of registry.all) one.stop();
  }
}

interface Measuring {
  readonly out: string | undefined;
  /** Confidence under which a cascade escalates; its own where it is undefined. */
  readonly threshold: number | undefined;
  readonly deps: Deps;
}

async function measure(
  engine: ServedEngine,
  records: readonly BenchmarkRecord[],
  { out, threshold, deps }: Measuring,
): Promise<{ readonly report: object; readonly text: string }> {
  const { members } = engine;
  if (members === undefined) {
    const report = makeReport(labelOf(engine), records, await askAll(engine, records, out, deps));
    return { report, text: printReport(report) };
  }
  const escalateBelow = threshold ?? members.escalateBelow;
  const first = await askAll(members.first, records, fileOf(out, members.first), deps);
  const second = await askAll(members.second, records, fileOf(out, members.second), deps);
  const composed = new Map<string, Answer>();
  for (const { id } of records) {
    const [quick, better] = [first.get(id), second.get(id)];
    if (quick !== undefined && better !== undefined) composed.set(id, composeAnswer(quick, better, escalateBelow));
  }
  const names = { first: labelOf(members.first), second: labelOf(members.second) };
  const cascade = cascadeReport(records, names, { first, second }, escalateBelow);
  const report = makeReport(labelOf(engine), records, composed);
  return { report: { ...report, cascade }, text: `${printReport(report)}\n\n${printCascade(cascade)}` };
}

function engineNamed(name: string, registry: Registry, deps: Deps): ServedEngine {
  const [first, second, ...more] = name.split("+").map((part) => {
    const found = registry.find(part);
    if (!found.ok) throw new Error(found.refusal.message);
    return found.value;
  });
  if (first === undefined || more.length > 0) throw new Error("a cascade has two engines");
  if (second === undefined) return first;
  if (first.members !== undefined || second.members !== undefined) throw new Error("a cascade has no cascade in it");
  return createCascade({ name: "cascade", first, second, escalateBelow: DEFAULT_THRESHOLD, ...deps });
}

const labelOf = ({ name, version }: ServedEngine): string => `${name}@${version}`;

/** `answers.jsonl` → `answers.big.jsonl`: each engine's answers are kept apart. */
const fileOf = (out: string | undefined, { name }: ServedEngine): string | undefined =>
  out?.replace(/(\.[^./]+)?$/, `.${name}$1`);

async function askAll(
  engine: ServedEngine,
  records: readonly BenchmarkRecord[],
  out: string | undefined,
  { now }: Deps,
): Promise<Map<string, Answer>> {
  const file = out === undefined ? null : await openAnswerFile(out, labelOf(engine));
  const asked = new Set(records.map(({ id }) => id));
  const answers = new Map<string, Answer>([...(file?.kept ?? [])].filter(([id]) => asked.has(id)));
  await startEngine(engine);
  const progress = showProgress(process.stderr, records.length);
  for (const { id, policies, turns } of records) {
    if (!answers.has(id)) {
      const given = await answer(engine, { id, policies, turns }, now);
      answers.set(id, given);
      await file?.append(given);
    }
    progress.step();
  }
  progress.end();
  return answers;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
