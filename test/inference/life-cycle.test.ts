import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { decideErrorSchema } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { decideRequest, policies, user } from "./requests.ts";

const SHIPPED = new URL("../../inference/models/set-router/", import.meta.url);

let service: InferenceProcess | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

/** Policies whose preparation takes long enough for something else to happen meanwhile. */
const many = Array.from({ length: 60 }, (_, n) => ({
  name: `topic ${n}`,
  description: `Questions on topic ${n}: what it is, where it comes from, how it is used and what it costs`,
}));

/** Asks again and again until the engine says that a decision runs. */
async function untilRunning(process: InferenceProcess): Promise<void> {
  for (;;) {
    const metrics = await (await process.get("/metrics")).text();
    if (/engine_load\{engine="embedded",what="running"\} [1-9]/.test(metrics)) return;
  }
}

test("SIGTERM lets a running decision finish, takes no new one and exits with 0", async () => {
  service = await startInference({ DRAIN_MS: "60000" });
  const deciding = service.post("/v1/decide", decideRequest([user("topic 3?")], { policies: many }));
  await untilRunning(service);
  service.signal("SIGTERM");
  expect((await deciding).status).toBe(200);
  expect(await service.exited).toBe(0);
  await expect(service.get("/healthz", null)).rejects.toThrow();
  expect(service.logs.map((log) => log["event"])).toEqual(expect.arrayContaining(["listening", "draining", "stopped"]));
});

test("after SIGTERM it goes on deciding for those who have not noticed, but says that it is not ready", async () => {
  service = await startInference({ DRAIN_NOTICE_MS: "600000" });
  service.signal("SIGTERM");
  while ((await service.get("/readyz", null)).status === 200);
  expect(await (await service.get("/readyz", null)).json()).toMatchObject({ status: "draining" });
  const late = await service.post("/v1/decide", decideRequest([user("Will it snow?")]));
  expect([late.status, late.headers.get("connection")]).toEqual([200, "close"]);
  service.signal("SIGKILL");
  expect(service.logs.map((log) => log["event"])).toContain("draining");
});

test("SIGINT with nothing running exits with 0, an idle kept-alive connection notwithstanding", async () => {
  service = await startInference();
  await (await service.get("/healthz", null)).text();
  service.signal("SIGINT");
  expect(await service.exited).toBe(0);
});

test("health is answered while a burst of decisions waits", async () => {
  const bursting = (service = await startInference());
  const order: string[] = [];
  const burst = Array.from({ length: 60 }, (_, n) =>
    bursting.post("/v1/decide", decideRequest([user(`question number ${n} about trains`)])).then((response) => {
      order.push(`decision ${String(response.status)}`);
    }),
  );
  await untilRunning(service);
  expect((await service.get("/healthz", null)).status).toBe(200);
  order.push("healthz");
  await Promise.all(burst);
  expect(order.filter((entry) => entry === "decision 200")).toHaveLength(60);
  expect(order.indexOf("healthz")).toBeLessThan(order.length - 1);
});

test("a deadline that passes during preparation is a 504, and the preparation goes on", async () => {
  service = await startInference();
  const late = await service.post("/v1/decide", decideRequest([user("topic 3?")], { policies: many, deadlineMs: 5 }));
  expect(late.status).toBe(504);
  expect(decideErrorSchema.parse(await late.json()).error.code).toBe("deadline_exceeded");
  expect((await service.post("/v1/prepare", { contract: 1, policies: many })).status).toBe(200);
  const warm = await service.post("/v1/decide", decideRequest([user("topic 3?")], { policies: many }));
  const { timings } = (await warm.json()) as { timings: Record<string, number> };
  expect(timings["prepare_ms"]).toBeLessThan(timings["total_ms"] ?? 0);
});

test("more decisions than may wait are refused at once, with a time to come back", async () => {
  const busy = (service = await startInference({ EMBEDDED_CONCURRENCY: "1", QUEUE_LIMIT: "1" }));
  const first = service.post("/v1/decide", decideRequest([user("topic 3?")], { policies: many }));
  await untilRunning(service);
  const others = await Promise.all([1, 2, 3].map((n) => busy.post("/v1/decide", decideRequest([user(`topic ${n}?`)]))));
  const refused = others.filter((response) => response.status === 429);
  expect(refused).toHaveLength(2);
  expect(refused[0]?.headers.get("retry-after")).toBe("1");
  expect((await first).status).toBe(200);
});

test("a configuration that cannot work stops the start and names the variable, not its value", async () => {
  const start = startInference({ SERVICE_TOKENS: "hush-hush", PORT: "0" });
  await expect(start).rejects.toThrow(/exited with 1.*SERVICE_TOKENS/s);
  await expect(start).rejects.not.toThrow(/hush-hush/);
});

test("a port that is taken is a clear message and an exit code", async () => {
  service = await startInference();
  const { port } = new URL(service.url);
  await expect(startInference({ PORT: port })).rejects.toThrow(/exited with 1.*EADDRINUSE/s);
});

test("another calibration is another engine version", async () => {
  service = await startInference();
  const plain = (await (await service.get("/v1/engines")).json()) as { engines: { version: string }[] };
  await service.stop();
  service = await startInference({ CALIBRATION: JSON.stringify({ embedded: { temperature: 2 } }) });
  const flatter = (await (await service.get("/v1/engines")).json()) as { engines: { version: string }[] };
  expect(flatter.engines[0]?.version).not.toBe(plain.engines[0]?.version);
  expect((await service.post("/v1/decide", decideRequest([user("rain?")], { policies }))).status).toBe(200);
});

test("a calibration that no engine takes is warned of at the start; one of another version is not", async () => {
  const jev = { kind: "decisions", name: "jev", provider: "typesafe", baseUrls: ["http://127.0.0.1:9"], model: "jev" };
  const both = { kind: "cascade", name: "both", second: "jev" };
  const keys = ["jevv@1", "jev@1", "jev", "embedded@0", "embeded", "both"];
  service = await startInference({
    ENGINES: JSON.stringify([jev, both]),
    CALIBRATION: JSON.stringify(Object.fromEntries(keys.map((key) => [key, { temperature: 2 }]))),
  });
  const warned = service.logs.filter(({ event }) => event === "calibration_unused");
  expect(warned.map(({ level, key }) => [level, key])).toEqual([
    ["warn", "jevv@1"],
    ["warn", "embeded"],
    ["warn", "both"],
  ]);
});

test.each([
  ["no model", {}, "the engine next has no readable model.json in its directory"],
  ["half a model", { "model.json": true }, "the engine next cannot load its model"],
])(
  "a folder with %s for a second embedded engine stops the start, and the engine is named",
  async (_what, has, why) => {
    const directory = await mkdtemp(join(tmpdir(), "signalbox-model-"));
    for (const name of Object.keys(has)) await cp(new URL(name, SHIPPED), join(directory, name));
    const ENGINES = JSON.stringify([{ kind: "embedded", name: "next", directory }]);
    await expect(startInference({ ENGINES })).rejects.toThrow(why);
    await rm(directory, { recursive: true });
  },
);
