import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { decideResponseSchema } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { best, decideRequest, policies, user } from "./requests.ts";
import { cutMidAnswer, hang, json, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";
import { modelThatWrites } from "./writing-model.ts";

const running: { stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const BODY = readFileSync(new URL("../fixtures/decisions/documented-vllm.json", import.meta.url), "utf8");
const well = json(200, BODY);
const writes = modelThatWrites('{"route": "trains"}');
/** Longer than any decision here may take. */
const SLOW_MS = 60_000;
const slowly =
  (answer: Answer): Answer =>
  (asked, response) => {
    const timer = setTimeout(() => answer(asked, response), SLOW_MS);
    void asked.gone.then(() => clearTimeout(timer));
  };

/** Answers in turn, from the beginning again after the last. */
function byTurns(...answers: Answer[]): Answer {
  let turn = 0;
  return (asked, response) => answers[turn++ % answers.length]?.(asked, response);
}

async function server(answer: Answer, health = 200): Promise<VllmStandIn> {
  const standIn = await startVllm([answer], { health, warmUp: well });
  running.push({ stop: standIn.close });
  return standIn;
}

/** A server of a generative router that is asked what it would write. What it is warmed up with it answers well. */
async function readServer(answer: Answer, health = 200): Promise<VllmStandIn> {
  const tokens: Answer = (asked, response) => {
    const isWarmUp = asked.body["cache_salt"] === undefined && asked.path === "/v1/completions";
    const isFirst = JSON.stringify(asked.body).includes("Will it rain in Bergen?");
    (isWarmUp || isFirst ? writes : answer)(asked, response);
  };
  const standIn = await startVllm([], { health, tokens });
  running.push({ stop: standIn.close });
  return standIn;
}

const DECISIONS = { kind: "decisions", provider: "vllm", model: "plano" };
const GENERATIVE = { model: "arch", format: "arch-router-v1" };

async function inferenceWith(
  servers: readonly VllmStandIn[],
  env: Record<string, string> = {},
  kind: object = DECISIONS,
) {
  const baseUrls = servers.map(({ url }) => url);
  const deployment = { name: "big", baseUrls, ...kind };
  const service = await startInference({ ENGINES: JSON.stringify([deployment]), EMBEDDED_THREADS: "1", ...env });
  running.push(service);
  return service;
}

/** Whether the log ever told that a replica is, or is no longer, ready. */
const isTold = (service: InferenceProcess, replica: number, ready: boolean): boolean =>
  service.logs.some((log) => log["event"] === "replica" && log["replica"] === replica && log["ready"] === ready);

async function told(service: InferenceProcess, replica: number, ready: boolean): Promise<void> {
  while (!isTold(service, replica, ready)) await service.get("/healthz", null);
}

/** A set of policies that no other number has, so that all replicas are first in line for some. */
const policySet = (number: number) => [...policies, { name: `set ${String(number)}`, description: "Nothing" }];

const ask = (service: InferenceProcess, set: number, rest = {}) =>
  service.post(
    "/v1/decide",
    decideRequest([user("is my train late?")], {
      engine: "big",
      policies: policySet(set),
      isolation: `t${set % 7}`,
      ...rest,
    }),
  );

test.each([
  { kind: "a decision model", deployment: DECISIONS, start: server, good: well, half: BODY, odd: '{"answers":{}}' },
  {
    kind: "a generative router",
    deployment: GENERATIVE,
    start: readServer,
    good: writes,
    half: '{"tokens":[1,2,3],"max_model_len":4096}',
    odd: '{"choices":[]}',
  },
])(
  "servers of $kind that are dead, slow, mute, starting, flapping or out of their mind lose no decision and make none wrong or late",
  async ({ deployment, start, good, half, odd }) => {
    const servers = {
      well: await start(good),
      alsoWell: await start(good),
      dead: await start(good),
      slow: await start(slowly(good)),
      mute: await start(hang),
      mad: await start(byTurns(json(200, "<html>"), json(200, odd), cutMidAnswer(half), json(500, "{"))),
      flapping: await start(byTurns(good, (_asked, response) => response.destroy())),
      starting: await start(good, 503),
    };
    const service = await inferenceWith(Object.values(servers), {}, deployment);
    for (const replica of [0, 1, 2, 3, 4, 5, 6]) await told(service, replica, true);
    await servers.dead.close();

    // A decision that is not there by its deadline is answered 504 then: 200 means in time.
    const answered: { status: number; policy: string }[] = [];
    // One that keeps what it is asked gets little of the load, so it may take more sets than these to be found out.
    const foundOut = () => [2, 3, 4, 5, 6].every((replica) => isTold(service, replica, false));
    let sets = 0;
    const worker = async (): Promise<void> => {
      for (let set = sets++; set < 160 || !foundOut(); set = sets++) {
        const response = await ask(service, set, { deadlineMs: 12_000 });
        const body: unknown = await response.json();
        const policy = response.status === 200 ? best(decideResponseSchema.parse(body)) : JSON.stringify(body);
        answered.push({ status: response.status, policy });
      }
    };
    await Promise.all(Array.from({ length: 12 }, worker));
    expect(answered.length).toBeGreaterThanOrEqual(160);
    expect(answered.filter(({ status, policy }) => status !== 200 || policy !== "trains")).toEqual([]);

    expect(service.logs.some((log) => log["replica"] === 7 && log["ready"] === true)).toBe(false);
    servers.starting.health = 200;
    await told(service, 7, true);
    const { asked, read } = servers.starting;
    for (let set = 0; asked.length + read.length === 0; set += 1) expect((await ask(service, set)).status).toBe(200);
  },
);

test("a policy set stays with one server while others serve theirs", async () => {
  const servers = [await server(well), await server(well), await server(well)];
  const service = await inferenceWith(servers);
  for (const replica of [0, 1, 2]) await told(service, replica, true);
  for (let set = 0; set < 24; set += 1) for (let again = 0; again < 3; again += 1) await ask(service, set);
  const served = servers.map(
    ({ asked }) => new Set(asked.map(({ body }) => /set \d+/.exec(JSON.stringify(body))?.[0])),
  );
  expect(served.reduce((sum, sets) => sum + sets.size, 0)).toBe(24);
  expect(Math.min(...served.map(({ size }) => size))).toBeGreaterThan(0);
});

test("SIGTERM loses no decision that runs at a server", async () => {
  let answer: (() => void) | undefined;
  const standIn = await server((asked, response) => (answer = () => well(asked, response)));
  const service = await inferenceWith([standIn]);
  await told(service, 0, true);
  const next = standIn.nextAsked();
  const asking = ask(service, 1);
  await next;
  service.signal("SIGTERM");
  while (!service.logs.some((log) => log["event"] === "draining"))
    await new Promise((resolve) => setImmediate(resolve));
  answer?.();
  expect((await asking).status).toBe(200);
  expect(await service.exited).toBe(0);
});

test("what cannot be done in time is refused at once, for the tenant that floods and not for the other", async () => {
  const held: (() => void)[] = [];
  const standIn = await server((asked, response) => held.push(() => well(asked, response)));
  const baseUrls = [standIn.url];
  const engines = [{ kind: "decisions", name: "big", provider: "vllm", baseUrls, model: "plano", concurrency: 1 }];
  const service = await inferenceWith([], { ENGINES: JSON.stringify(engines) });
  await told(service, 0, true);
  // One decision that takes a while, so that a queue of such cannot be done within a second.
  const came = standIn.nextAsked();
  const first = ask(service, 1, { isolation: "flood", deadlineMs: 60_000 });
  await came;
  const since = performance.now();
  while (performance.now() - since < 300) await service.get("/healthz", null);
  held.shift()?.();
  expect((await first).status).toBe(200);

  const runs = standIn.nextAsked();
  const flood = Array.from({ length: 20 }, () => ask(service, 1, { isolation: "flood", deadlineMs: 60_000 }));
  await runs;
  while (!(await (await service.get("/metrics")).text()).includes('what="waiting"} 19'));
  const refused = await ask(service, 1, { isolation: "flood", deadlineMs: 1_000 });
  expect([refused.status, Number(refused.headers.get("retry-after")) >= 1]).toEqual([429, true]);
  const quiet = ask(service, 1, { isolation: "quiet", deadlineMs: 60_000 });
  while (!(await (await service.get("/metrics")).text()).includes('what="waiting"} 20'));
  const order: string[] = [];
  void quiet.then((response) => order.push(`quiet ${String(response.status)}`));
  for (const one of flood) void one.then((response) => order.push(`flood ${String(response.status)}`));
  while (order.length < 21) {
    held.shift()?.();
    await service.get("/healthz", null);
  }
  expect(order.indexOf("quiet 200")).toBeLessThan(4);
  expect(order.filter((one) => one === "flood 200")).toHaveLength(20);
});
