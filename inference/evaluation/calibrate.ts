/**
 * `npm run calibrate -- --engine <name> --data <file or folder> … --out <calibrations.json>`: fits an engine's temperature
 * and `other` bias to labelled conversations and stores them with where they come from, for `CALIBRATION_FILE`. Engines
 * come from the environment, as for the service; what calibrations it names are left aside. Instead of `--data`, or
 * beside it: `--golden <cases.jsonl> --policies <router.json>`, golden cases and a router's document as the API exports them.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { createService } from "../create-service.ts";
import { calibrationsSchema } from "../decide/calibration.ts";
import type { Calibration, Calibrations } from "../decide/calibration.ts";
import type { ServedEngine } from "../decide/served-engine.ts";
import type { Registry } from "../engines/registry.ts";
import { harnessDeps } from "./harness-deps.ts";
import { parseEnv } from "../env.ts";
import { crossValidate, fitCalibration, isListed } from "./fit-calibration.ts";
import type { Observation } from "./fit-calibration.ts";
import { parseGoldenCases, parsePolicies } from "./golden-cases.ts";
import { observe } from "./observe.ts";
import { showProgress } from "./progress.ts";
import { expandPaths, readRecords } from "./record.ts";
import type { BenchmarkRecord } from "./record.ts";
import { startEngine } from "./start-engine.ts";

const FEWEST = 50;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "default" },
      data: { type: "string", multiple: true, default: [] },
      golden: { type: "string", multiple: true, default: [] },
      policies: { type: "string" },
      out: { type: "string" },
    },
  });
  const { out, golden, policies } = values;
  if (values.data.length + golden.length === 0)
    throw new Error("name labelled conversations with --data or --golden; not those you measure with");
  if (golden.length > 0 !== (policies !== undefined))
    throw new Error("golden cases need their router's document: --golden and --policies go together");
  if (out === undefined) throw new Error("name the file that keeps calibrations with --out");
  const kept = await readCalibrations(out);
  const deps = harnessDeps();
  const env = parseEnv({ SERVICE_TOKENS: "calibration-opens-no-routes", ...process.env }, (path) =>
    readFileSync(path, "utf8"),
  );
  const engines = env.ENGINES.map((deployment) => ({ ...deployment, calibration: undefined }));
  const { registry } = createService({ ...env, ENGINES: engines, CALIBRATION: {} }, deps);
  const found = registry.find(values.engine);
  if (!found.ok) throw new Error(found.refusal.message);
  const engine = found.value;
  if (engine.members !== undefined) throw new Error("a cascade has no calibration of its own: fit its engines");
  const name = `${engine.name}@${engine.version}`;

  const paths = await expandPaths(values.data);
  const files = await Promise.all(paths.map((path) => readLabelled(path, () => readRecords([path]))));
  if (policies !== undefined) {
    const set = parsePolicies(await readFile(policies, "utf8"), policies);
    const cases = golden.map((path) => readLabelled(path, (text) => parseGoldenCases(text, path, set)));
    // Without conversations itself, the document is a part of where the numbers come from.
    files.push(...(await Promise.all([readLabelled(policies, () => []), ...cases])));
  }
  const { observations, data, leftOut } = await observeAll(engine, registry, files);
  const decisions = observations.filter(isListed).length;
  if (decisions < FEWEST) throw new Error(`${decisions} labelled decisions are too few to fit to`);

  const at = new Date().toISOString();
  const calibration: Calibration = {
    ...fitCalibration(observations),
    fitted: { at, data, decisions, leftOut, unlisted: observations.length - decisions, ...crossValidate(observations) },
  };
  await store(out, { ...kept, [name]: calibration });
  process.stdout.write(`${name}\n${JSON.stringify(calibration, null, 2)}\n`);
}

/** What the engine says of every labelled conversation. Its registry is stopped after it, whatever happened. */
async function observeAll(engine: ServedEngine, registry: Registry, files: readonly Labelled[]) {
  const progress = showProgress(
    process.stderr,
    files.reduce((sum, { records }) => sum + records.length, 0),
  );
  const observations: Observation[] = [];
  const data: NonNullable<Calibration["fitted"]>["data"] = [];
  let leftOut = 0;
  try {
    // The embedded engine shortlists for others, so it is there whoever is fitted.
    await startEngine(registry.comparing);
    await startEngine(engine);
    for (const { file, sha256, records } of files) {
      const before = observations.length;
      for (const record of records) {
        const observed = await observe(engine, record);
        observations.push(...observed.observations);
        leftOut += observed.leftOut;
        progress.step();
      }
      const decisions = observations.slice(before).filter(isListed).length;
      data.push({ file, sha256, conversations: records.length, decisions });
    }
  } finally {
    progress.end();
    for (const one of registry.all) one.stop();
  }
  return { observations, data, leftOut };
}

interface Labelled {
  readonly file: string;
  readonly sha256: string;
  readonly records: readonly BenchmarkRecord[];
}

/** A file by name and SHA-256, and the labelled conversations in it. */
async function readLabelled(
  path: string,
  parse: (text: string) => BenchmarkRecord[] | Promise<BenchmarkRecord[]>,
): Promise<Labelled> {
  const content = await readFile(path);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { file: basename(path), sha256, records: await parse(content.toString()) };
}

async function readCalibrations(path: string): Promise<Calibrations> {
  try {
    return calibrationsSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new Error(`${path} holds no calibrations`, { cause: error });
  }
}

/** A service that reads the file meanwhile sees the old one or the new one. */
async function store(path: string, calibrations: Calibrations): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(calibrations, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
