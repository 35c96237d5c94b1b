import { expect, it } from "vitest";
import { settledDecision } from "../stack/decision.ts";
import { demoRouter } from "../stack/demo-router.ts";
import { call, mintEchoTenant, type Answer } from "../stack/tenant.ts";

const messages = [{ role: "user", content: "Write a Python function that parses a date and returns a datetime." }];

it("a router that observes decides and records, and serves the fallback until it enforces", async () => {
  const document = await demoRouter();
  const settings = { ...document.settings, deadline_ms: 10_000, min_confidence: 0 };
  const { tenant, inferenceKey } = await mintEchoTenant({ ...document, settings: { ...settings, mode: "observe" } });
  const ask = async (): Promise<{ answer: Answer; receipt: Record<string, unknown> }> => {
    const answer = await call("/v1/chat/completions", inferenceKey, { body: { model: "auto", messages } });
    expect(answer.status).toBe(200);
    return { answer, receipt: await settledDecision(tenant, answer.headers.get("x-signalbox-decision") ?? "") };
  };

  const observed = await ask();
  const policy = String(observed.receipt["policy"]);
  const target = document.targets[policy]?.model;
  expect(observed.receipt).toMatchObject({ outcome: "matched", version: 1, model: document.fallback.model });
  expect(target).not.toBe(document.fallback.model);
  expect(observed.answer.headers.get("x-signalbox-policy")).toBe(encodeURIComponent(policy));
  expect(observed.answer.headers.get("x-signalbox-model")).toBe(document.fallback.model);
  const routed = await call("/v1/route", inferenceKey, { body: { model: "auto", messages } });
  expect(routed.body).toMatchObject({ outcome: "matched", policy, model: document.fallback.model });

  await tenant.publish("default", { ...document, settings: { ...settings, mode: "enforce" } });
  const versionOf = async (): Promise<string> => String((await ask()).receipt["version"]);
  await expect.poll(versionOf, { timeout: 30_000 }).toBe("2");
  expect((await ask()).receipt).toMatchObject({ outcome: "matched", policy, version: 2, model: target });
});
