/**
 * `npm run eval -- --engine <name> --data <file or folder> … [--out answers.jsonl] [--json]`: measures an engine of
 * the inference service on benchmark records, through the code that serves traffic. Engines and calibrations come
 * from the environment, as for the service.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createService } from "../create-service.ts";
import { createDeps } from "../deps.ts";
import { parseEnv } from "../env.ts";
import { answer } from "./answer.ts";
import { openAnswerFile } from "./answer-file.ts";
import { printReport } from "./print-report.ts";
import { readRecords } from "./record.ts";
import type { Answer } from "./record.ts";
import { makeReport } from "./report.ts";
import { showProgress } from "./progress.ts";

const DEFAULT_DATA = new URL("worlds", import.meta.url).pathname;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "default" },
      data: { type: "string", multiple: true, default: [DEFAULT_DATA] },
      out: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const deps = createDeps();
  // The service's own tokens guard its HTTP routes, which the harness does not open.
  const env = parseEnv({ SERVICE_TOKENS: "evaluation-opens-no-routes", ...process.env }, (path) =>
    readFileSync(path, "utf8"),
  );
  const found = createService(env, deps).registry.find(values.engine);
  if (!found.ok) throw new Error(found.refusal.message);
  const engine = found.value;
  const version = `${engine.name}@${engine.version}`;
  const records = await readRecords(values.data);
  const file = values.out === undefined ? null : await openAnswerFile(values.out, version);
  const asked = new Set(records.map(({ id }) => id));
  const answers = new Map<string, Answer>([...(file?.kept ?? [])].filter(([id]) => asked.has(id)));

  await engine.start();
  const progress = showProgress(process.stderr, records.length);
  for (const { id, policies, turns } of records) {
    if (!answers.has(id)) {
      const given = await answer(engine, { id, policies, turns }, deps.now);
      answers.set(id, given);
      await file?.append(given);
    }
    progress.step();
  }
  progress.end();
  engine.stop();

  const report = makeReport(version, records, answers);
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : printReport(report)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
