import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXAMPLE_CASE, goldenCaseInputSchema } from "../../edge/management/golden-cases/schema.ts";
import { caseInput } from "../../edge/management/golden-cases/view.ts";
import { draftSchema, EXAMPLE_DRAFT } from "../../edge/management/routers/schema.ts";
import { calibrationsSchema } from "../../inference/decide/calibration.ts";
import { decideResponseSchema, enginesResponseSchema } from "../../inference/contract/index.ts";
import { ATTACKS } from "../../inference/evaluation/attacks/attack.ts";
import type { BenchmarkRecord } from "../../inference/evaluation/record.ts";
import { startInference } from "./inference-process.ts";
import { decideRequest, policies, user } from "./requests.ts";
import { startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";

/** Always 0.97 sure of the first option, which is right half of the time. */
const overconfident: Answer = (asked, response) => {
  const { questions } = asked.body as { questions: { policy: { criteria: object } } };
  const options = Object.keys(questions.policy.criteria);
  const probabilities = Object.fromEntries(options.map((option, index) => [option, index === 0 ? 0.97 : 0.01]));
  const policy = { type: "choice", choice: options[0], probabilities };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ answers: { policy } }));
};

const records: BenchmarkRecord[] = Array.from({ length: 80 }, (_, index) => ({
  id: `case ${String(index)}`,
  dataset: "made-up",
  scenario: "fQfA",
  policies,
  turns: [user(`question ${String(index)}`)],
  labels: [index % 2 === 0 ? "weather" : "trains"],
}));

let folder: string;
let server: VllmStandIn;
let engines: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "calibrate-"));
  await writeFile(join(folder, "cases.jsonl"), records.map((record) => JSON.stringify(record)).join("\n"));
  server = await startVllm([overconfident]);
  const jev = { kind: "decisions", name: "jev", provider: "typesafe", baseUrls: [server.url], model: "jev-1.14" };
  const both = { kind: "cascade", name: "both", second: "jev", escalateBelow: 1 };
  engines = { ENGINES: JSON.stringify([jev, both]), EMBEDDED_THREADS: "1" };
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Runs a command of the evaluation and gives its exit code and output. */
async function run(command: string, args: string[], env: Record<string, string> = {}) {
  const path = fileURLToPath(new URL(`../../inference/evaluation/${command}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { env: { PATH: process.env["PATH"], ...engines, ...env } });
  let [out, error] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, error };
}

test("one command fits an engine, keeps where the numbers come from, and the service then serves what it says", async () => {
  const [data, file] = [join(folder, "cases.jsonl"), join(folder, "calibrations.json")];
  const fitted = await run("calibrate", ["--engine", "jev", "--data", data, "--out", file]);
  expect([fitted.code, fitted.error.includes("Error")]).toEqual([0, false]);
  const kept = calibrationsSchema.parse(JSON.parse(await readFile(file, "utf8")));
  expect(Object.keys(kept)).toEqual([expect.stringMatching(/^jev@[0-9a-f]{12}$/)]);
  const [calibration] = Object.values(kept);
  expect(calibration?.temperature).toBeGreaterThan(1.5);
  expect(calibration?.fitted).toMatchObject({
    decisions: 80,
    leftOut: 0,
    unlisted: 0,
    data: [{ file: "cases.jsonl", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, conversations: 80 }],
    before: { accuracy: 0.5 },
  });

  const service = await startInference({ ...engines, CALIBRATION_FILE: file });
  try {
    const response = await service.post(
      "/v1/decide",
      decideRequest([user("question 7")], { engine: "jev", paidEngines: ["jev"] }),
    );
    const { scores, engine } = decideResponseSchema.parse(await response.json());
    expect(scores[0]?.probability).toBeGreaterThan(0.4);
    expect(scores[0]?.probability).toBeLessThan(0.8);
    expect(engine).toMatch(/^jev@[0-9a-f]{12}-cal\.[0-9a-f]{8}$/);
    const listed = enginesResponseSchema.parse(await (await service.get("/v1/engines")).json()).engines;
    expect(listed.find((one) => one.name === "jev")?.calibration).toMatchObject({
      temperature: calibration?.temperature,
      decisions: 80,
    });
  } finally {
    await service.stop();
  }

  const measured = await run("eval", ["--engine", "both", "--data", data, "--json", "--escalate-below", "1"], {
    CALIBRATION_FILE: file,
  });
  const report = JSON.parse(measured.out) as {
    engine: string;
    confidence: { expectedCalibrationError: number };
    cascade: { escalated: number; accuracy: number; curve: object[] };
  };
  expect(report.engine).toMatch(/^both@/);
  expect(report.confidence.expectedCalibrationError).toBeLessThan(0.25);
  expect(report.cascade).toMatchObject({ escalated: 1, accuracy: 0.5 });
  expect(report.cascade.curve.length).toBeGreaterThan(2);
});

test("golden cases and the router's document, as the API exports both, are fitted to", async () => {
  const [golden, document, file] = [
    join(folder, "golden.jsonl"),
    join(folder, "router.json"),
    join(folder, "fit.json"),
  ];
  const exported = JSON.stringify(caseInput(goldenCaseInputSchema.parse(EXAMPLE_CASE)));
  await writeFile(golden, `${exported}\n`.repeat(40));
  await writeFile(document, JSON.stringify(draftSchema.parse(EXAMPLE_DRAFT)));
  const args = ["--engine", "jev", "--golden", golden, "--policies", document, "--out", file];
  expect(await run("calibrate", args)).toMatchObject({ code: 0 });
  const [calibration] = Object.values(calibrationsSchema.parse(JSON.parse(await readFile(file, "utf8"))));
  // The first policy is expected in one of each case's two turns.
  expect(calibration?.fitted).toMatchObject({
    data: [
      { file: "router.json", conversations: 0, decisions: 0 },
      { file: "golden.jsonl", conversations: 40, decisions: 80 },
    ],
    before: { accuracy: 0.5 },
  });
});

test("a golden case of another router is said in one line, with its place", async () => {
  const [golden, document] = [join(folder, "stranger.jsonl"), join(folder, "small-router.json")];
  await writeFile(golden, JSON.stringify({ messages: [{ role: "user", content: "Hi" }], expected: ["elsewhere"] }));
  // So long that the cases are read first, and fail before anything else is done.
  await writeFile(document, JSON.stringify({ policies: [{ name: "here", description: "Anything" }] }).padEnd(2 ** 24));
  const out = join(folder, "stranger.json");
  const { code, error } = await run("calibrate", [
    ...["--engine", "jev", "--golden", golden],
    ...["--policies", document, "--out", out],
  ]);
  expect([code, error]).toEqual([1, `${golden}:1: expected[0] names no policy of the document\n`]);
});

test.each(["jev", "both"])("attacks are put to any engine: %s", async (engine) => {
  const before = server.asked.length;
  const args = ["--engine", engine, "--data", join(folder, "cases.jsonl"), "--conversations", "2", "--json"];
  const { code, out, error } = await run("attacks/flip-rates", args);
  expect([code, error]).toEqual([0, ""]);
  const report = JSON.parse(out) as { engine: string; conversations: number; attacks: object[] };
  expect(report).toMatchObject({ engine: expect.stringContaining(`${engine}@`) as string, conversations: 2 });
  const asked = 2 * ATTACKS.length;
  // It always answers the same.
  expect(report.attacks.at(-1)).toEqual({ name: "all", asked, flipped: 0, captured: 0 });
  expect(server.asked.length - before).toBeGreaterThanOrEqual(asked + 2);
});

test.each([
  ["no data", ["--engine", "jev", "--out", "x.json"], "--data"],
  ["no policies", ["--engine", "jev", "--golden", "cases.jsonl", "--out", "x.json"], "--policies"],
  ["no file to keep it in", ["--engine", "jev", "--data", "cases.jsonl"], "--out"],
  ["an engine that nobody has", ["--engine", "nope", "--data", "cases.jsonl", "--out", "x.json"], "no engine"],
  ["a cascade", ["--engine", "both", "--data", "cases.jsonl", "--out", "x.json"], "no calibration of its own"],
])("%s is said in one line", async (_what, args, message) => {
  const { code, error } = await run("calibrate", args);
  expect(code).toBe(1);
  expect(error.trim().split("\n")).toHaveLength(1);
  expect(error).toContain(message);
});
