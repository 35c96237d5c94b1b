import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { decideResponseSchema, enginesResponseSchema } from "../../inference/contract/index.ts";
import type { DecideResponse } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { best, decideRequest, user } from "./requests.ts";
import { hang, json, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";

const documented = (name: string): Answer =>
  json(200, readFileSync(new URL(`../fixtures/decisions/documented-${name}.json`, import.meta.url), "utf8"));

let service: InferenceProcess;
let big: VllmStandIn;
beforeAll(async () => {
  big = await startVllm([documented("typesafe")]);
  const engines = [
    { kind: "cascade", name: "cascade", second: "jev" },
    { kind: "decisions", name: "jev", provider: "typesafe", baseUrls: [big.url], model: "jev-1.14" },
  ];
  service = await startInference({ ENGINES: JSON.stringify(engines), EMBEDDED_THREADS: "1" });
});
afterAll(async () => {
  await service.stop();
  await big.close();
});

async function decide(escalateBelow: number, rest = {}): Promise<DecideResponse> {
  big.asked.length = 0;
  const body = decideRequest([user("Will it snow in Oslo tomorrow?")], {
    engine: "cascade",
    escalateBelow,
    paidEngines: ["jev"],
    ...rest,
  });
  const response = await service.post("/v1/decide", body);
  expect(response.status).toBe(200);
  return decideResponseSchema.parse(await response.json());
}

describe("a cascade of the embedded and a bigger engine", () => {
  test("keeps what the embedded one is sure of", async () => {
    const decision = await decide(0.01);
    expect(decision).toMatchObject({ escalated: false, decidedBy: expect.stringMatching(/^embedded@/) as string });
    expect(decision.engine).toMatch(/^cascade@/);
    expect(big.asked).toHaveLength(0);
  });

  test("asks the bigger one about the rest, and says whether both agreed", async () => {
    const decision = await decide(1);
    expect(best(decision)).toBe("trains");
    expect(decision).toMatchObject({
      escalated: true,
      agreed: false,
      decidedBy: expect.stringMatching(/^jev@/) as string,
      tokens: { prompt: 180 },
    });
    expect(big.asked).toHaveLength(1);
  });

  test("keeps to the embedded one for those who may not use the bigger one, which costs money", async () => {
    expect(await decide(1, { paidEngines: [] })).toMatchObject({
      escalated: false,
      decidedBy: expect.stringMatching(/^embedded@/) as string,
    });
    expect(big.asked).toHaveLength(0);
  });

  test("answers in time when the bigger one does not, marked as unsure", async () => {
    big.answers = [hang];
    const next = big.nextAsked();
    const decision = await decide(1, { deadlineMs: 1_000 });
    expect(decision).toMatchObject({ escalated: true, unsureReason: "late" });
    expect(best(decision)).toBe("weather");
    await (
      await next
    ).gone;
  });

  test("says neither of a bigger one's answer that lies outside of the options", async () => {
    big.answers = [documented("vllm-low-mass")];
    const decision = await decide(1);
    expect(decision).toMatchObject({ escalated: true, unsureReason: "outside_options" });
    expect(decision).not.toHaveProperty("agreed");
  });

  test("counts what was kept, changed, unsure and late, and the bigger engine's tokens under its own name", async () => {
    const metrics = await (await service.get("/metrics")).text();
    for (const [outcome, count] of Object.entries({ kept: 2, changed: 1, late: 1, unsure: 1 })) {
      expect(metrics).toContain(`cascade_decisions_total{engine="cascade",outcome="${outcome}"} ${String(count)}`);
    }
    expect(metrics).toContain('tokens_total{engine="jev",kind="prompt"} 391');
  });

  test("is listed beside its engines", async () => {
    const { engines } = enginesResponseSchema.parse(await (await service.get("/v1/engines")).json());
    expect(engines.map(({ name }) => name)).toEqual(["embedded", "cascade", "jev"]);
    expect(engines[1]).toMatchObject({ paid: true, policyTokens: 64 });
  });
});
