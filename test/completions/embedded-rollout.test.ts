import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startOwnWorker, type OwnWorker } from "../edge-path/own-worker.ts";
import { startInference, TOKEN, type InferenceProcess } from "../inference/inference-process.ts";
import { policies } from "../inference/requests.ts";
import { curlRequest } from "../management/curl-request.ts";
import { shellWords } from "../management/shell-words.ts";
import { callAt, mintEchoTenant, type Answer, type Call, type TestTenant } from "../stack/tenant.ts";
import { receiptOf } from "./scene.ts";

const SHIPPED = fileURLToPath(new URL("../../inference/models/set-router/", import.meta.url));
const NEXT = { kind: "embedded", name: "embedded-next", calibration: { temperature: 3 } };
const QUESTIONS = [
  ["trains", "Is my train to Bergen late?"],
  ["weather", "Will it snow in Oslo tomorrow?"],
  ["recipes", "How do I cook a fish soup?"],
  ["trains", "What does a train ticket to Paris cost?"],
  ["weather", "How warm will it be at the weekend?"],
  ["recipes", "Give me a recipe for pancakes."],
] as const;

let directory: string;
let inference: InferenceProcess;
let worker: OwnWorker;
let tenant: TestTenant;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "signalbox-model-"));
  await cp(SHIPPED, directory, { recursive: true });
  const stated = JSON.parse(await readFile(join(directory, "model.json"), "utf8")) as object;
  await writeFile(join(directory, "model.json"), JSON.stringify({ ...stated, version: "set-router-next" }));
  inference = await startInference({ ENGINES: JSON.stringify([{ ...NEXT, directory }]) });
  worker = await startOwnWorker({ inference: { url: inference.url, token: TOKEN } });
}, 120_000);
afterAll(async () => {
  await Promise.all([worker.stop(), inference.stop()]);
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  const targets = { trains: { model: "echo-code" }, weather: { model: "echo-large" } };
  const settings = { deadline_ms: 10_000 };
  ({ tenant } = await mintEchoTenant({ policies, targets, fallback: { model: "echo-small" }, settings }));
});

/** Calls the worker of these tests, which knows of two versions of the embedded engine. */
const call = (token: string, path: string, request: Call = {}): Promise<Answer> =>
  callAt(worker.baseUrl, path, token, request);

/** The command of the README that tries another engine. */
async function documented(): Promise<string> {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const commands = [...readme.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, text = ""]) => text);
  return commands.find((text) => text.includes('"candidate":{"engine":')) ?? "";
}

async function begun(fields: object): Promise<string> {
  const candidate = { engine: "embedded-next", deadline_ms: 10_000 };
  const made = await call(tenant.adminKey, "/api/v1/rollouts", { body: { router: "default", candidate, ...fields } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id as string;
}

/** Asks each question in so many conversations of its own; gives what the answers' receipts say. */
async function askAll(conversations: number): Promise<{ arm: string; policy: string; receipt: Receipt }[]> {
  const key = await tenant.key();
  const answers: Answer[] = [];
  for (const [index, [, content]] of QUESTIONS.entries()) {
    for (let conversation = 0; conversation < conversations; conversation += 1) {
      const answer = await call(key, "/v1/chat/completions", {
        body: { model: "auto", messages: [{ role: "user", content }] },
        headers: { "x-signalbox-conversation": `q${index}-c${conversation}` },
      });
      expect(answer.status).toBe(200);
      answers.push(answer);
    }
  }
  return Promise.all(
    answers.map(async ({ headers }) => ({
      arm: headers.get("x-signalbox-routing-arm") ?? "",
      policy: headers.get("x-signalbox-policy") ?? "",
      receipt: await receiptOf(tenant, headers.get("x-signalbox-decision") ?? ""),
    })),
  );
}

type Receipt = Readonly<Record<string, unknown>>;
interface Estimate {
  readonly of: number;
  readonly value: number;
}

async function compared(id: string) {
  const { body } = await call(tenant.adminKey, `/api/v1/rollouts/${id}/comparison`);
  const measures = body.measures as { measure: string; arms: Record<string, Estimate | null> }[];
  const measured = (measure: string, arm: string) => measures.find((one) => one.measure === measure)?.arms[arm];
  return { arms: body.arms as Record<string, { requests: number }>, measured };
}

describe("two versions of the embedded engine", () => {
  it("run beside each other, each with its version and calibration", async () => {
    const { engines } = (await (await inference.get("/v1/engines")).json()) as { engines: object[] };
    expect(engines).toEqual([
      expect.objectContaining({ name: "embedded", ready: true, version: expect.not.stringContaining("next") }),
      expect.objectContaining({
        name: "embedded-next",
        ready: true,
        version: expect.stringMatching(/^set-router-next-cal\./),
        calibration: { temperature: 3, otherBias: 0 },
      }),
    ]);
  });

  it("share a router's conversations by percent, each conversation with one, and are compared", async () => {
    const id = await begun({ percent: 50 });
    const told = await askAll(4);
    for (const { arm, receipt } of told) {
      const engine = arm === `candidate@${id}` ? /^embedded-next@set-router-next-cal/ : /^embedded@(?!.*next)/;
      expect(receipt).toMatchObject({ routing_arm: arm, engine: expect.stringMatching(engine) });
    }
    const of = (name: string): number => told.filter(({ arm }) => arm === `${name}@${id}`).length;
    expect(of("control") * of("candidate"), "both have decided").toBeGreaterThan(0);
    expect(of("control") + of("candidate")).toBe(told.length);
    expect(told.map(({ policy }) => policy)).toEqual(QUESTIONS.flatMap(([policy]) => Array(4).fill(policy)));
    expect((await askAll(4)).map(({ arm }) => arm)).toEqual(told.map(({ arm }) => arm));

    const { measured } = await compared(id);
    for (const measure of ["confidence", "decide_p50", "decide_p95"]) {
      const [control, candidate] = [measured(measure, "control"), measured(measure, "candidate")];
      expect([control?.value, candidate?.value]).toEqual([expect.any(Number), expect.any(Number)]);
    }
    const flatter = (measured("confidence", "candidate")?.value ?? 1) < (measured("confidence", "control")?.value ?? 0);
    expect(flatter, "a temperature over 1 makes less sure").toBe(true);
  });

  it("decide the same conversations in shadow; agreement, confidence and latency are compared", async () => {
    const id = await begun({ percent: 0, shadow: { percent: 100 } });
    const told = await askAll(1);
    expect(told.every(({ arm }) => arm === `control@${id}`)).toBe(true);
    await expect
      .poll(async () => (await compared(id)).arms["shadow"]?.requests, { timeout: 20_000 })
      .toBe(QUESTIONS.length);
    const { measured } = await compared(id);
    expect(measured("agreement", "shadow")).toMatchObject({ of: QUESTIONS.length, value: 1 });
    expect(measured("decide_p50", "shadow")).toMatchObject({ of: QUESTIONS.length, value: expect.any(Number) });
    const [own, copied] = [measured("confidence", "control"), measured("confidence", "shadow")];
    expect([own?.of, copied?.of]).toEqual([QUESTIONS.length, QUESTIONS.length]);
    expect(copied?.value).toBeLessThan(own?.value ?? 0);
  });

  it("are set beside each other by the command of the README", async () => {
    const words = shellWords(await documented(), { URL: worker.baseUrl, ADMIN_KEY: tenant.adminKey });
    const { url, init } = curlRequest(words);
    const response = await fetch(url, init);
    expect([response.status, await response.json()]).toEqual([
      201,
      expect.objectContaining({
        policy: null,
        candidate: { engine: "embedded-next", deadline_ms: 500 },
        percent: 5,
        shadow: expect.objectContaining({ percent: 20 }),
      }),
    ]);
  });

  it("change places when the newer one is promoted", async () => {
    const id = await begun({ percent: 5 });
    expect((await call(tenant.adminKey, `/api/v1/rollouts/${id}/promote`, { method: "POST" })).status).toBe(200);
    const engines = (await askAll(1)).map(({ receipt }) => receipt["engine"]);
    expect(engines).toEqual(QUESTIONS.map(() => expect.stringMatching(/^embedded-next@/)));
  });
});
