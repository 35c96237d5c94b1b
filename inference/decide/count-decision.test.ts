import { expect, test } from "vitest";
import type { DecideResponse } from "../contract/index.ts";
import { createMetrics } from "../metrics.ts";
import { countDecision } from "./count-decision.ts";

test.each<[string, Partial<DecideResponse>]>([
  ["kept", { escalated: false }],
  ["kept", { escalated: false, unsureReason: "outside_options" }],
  ["agreed", { agreed: true }],
  ["changed", { agreed: false }],
  ["second_only", {}],
  ["unsure", { unsureReason: "refused" }],
  ["late", { unsureReason: "late" }],
])("a cascade counts as %s what came as %j", async (outcome, rest) => {
  const metrics = createMetrics([]);
  const scores = [{ policy: null, probability: 1 }];
  countDecision(metrics, "cascade", {
    scores,
    engine: "cascade@1",
    decidedBy: "big@1",
    escalated: true,
    timings: {},
    ...rest,
  });
  const counted = (await metrics.expose()).split("\n").filter((line) => line.includes("cascade_decisions_total{"));
  expect(counted).toEqual([`signalbox_inference_cascade_decisions_total{engine="cascade",outcome="${outcome}"} 1`]);
});
