import { expect, it } from "vitest";
import { call } from "../stack/tenant.ts";
import { MESSAGES, useScene } from "./scene.ts";

const scene = useScene();

it("lets a router say how readily nothing fits, without another decision of the engine", async () => {
  const { key, tenant } = scene();
  const target = { model: "main" };
  const route = async (otherBias: number) => {
    await tenant.publish("biased", {
      policies: [{ name: "small talk", description: "Greetings and chat without a task" }],
      targets: { "small talk": target },
      fallback: target,
      settings: { deadline_ms: 10_000, other_bias: otherBias },
    });
    const { status, body } = await call("/v1/route", key, { body: { model: "router/biased", messages: MESSAGES } });
    expect(status).toBe(200);
    return body as { outcome: string; confidence: number; source: string; alternatives: { probability: number }[] };
  };
  const eager = await route(10);
  expect(eager).toMatchObject({ outcome: "other", source: "engine" });
  const reluctant = await route(-10);
  expect(reluctant).toMatchObject({ outcome: "matched", policy: "small talk", source: "memo" });
  for (const { confidence, alternatives } of [eager, reluctant]) {
    expect(confidence).toBe(Math.max(...alternatives.map(({ probability }) => probability)));
    expect(alternatives.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  }
});
