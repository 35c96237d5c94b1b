import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptHeaders, type Receipt } from "./receipt.ts";

/** Any UTF-16 unit, halves of surrogate pairs and control characters included. */
const utf16 = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

const receipt: Receipt = {
  decisionId: "dec_1",
  router: { slug: "default", version: 3 },
  verdict: { outcome: "matched", policy: "bug fixing", confidence: 0.87654 },
  source: "engine",
  arm: "candidate",
  routingArm: "control",
  model: "gpt-5",
  attempts: 2,
  timings: { auth: 0, decide: 12.34, upstream: 480 },
};

describe("receipt headers", () => {
  it("tell of a routed request all there is", () => {
    expect(receiptHeaders(receipt)).toEqual({
      "x-signalbox-decision": "dec_1",
      "x-signalbox-router": "default@3",
      "x-signalbox-policy": "bug%20fixing",
      "x-signalbox-confidence": "0.8765",
      "x-signalbox-source": "engine",
      "x-signalbox-model": "gpt-5",
      "x-signalbox-arm": "candidate",
      "x-signalbox-routing-arm": "control",
      "x-signalbox-attempts": "2",
      "server-timing": "auth;dur=0, decide;dur=12.3, upstream;dur=480",
    });
  });

  it("tell of an explicit model no router, policy or confidence", () => {
    const timings = { auth: 1, decide: null, upstream: null };
    const explicit = {
      ...receipt,
      router: null,
      verdict: null,
      source: "explicit",
      arm: null,
      routingArm: null,
      timings,
    } as const;
    expect(receiptHeaders({ ...explicit, model: null, attempts: 0 })).toEqual({
      "x-signalbox-decision": "dec_1",
      "x-signalbox-source": "explicit",
      "x-signalbox-attempts": "0",
      "server-timing": "auth;dur=1",
    });
  });

  it.each([
    ["other", { outcome: "other", policy: null, confidence: 1 }, "other"],
    ["unsure", { outcome: "unsure", policy: null, confidence: 0 }, "unsure"],
    ["no policy on a fallback", { outcome: null, policy: null, confidence: null }, undefined],
  ] as const)("say %s", (_name, verdict, expected) => {
    const headers = receiptHeaders({ ...receipt, verdict, source: "fallback:timeout" });
    expect(headers["x-signalbox-policy"]).toBe(expected);
    expect("x-signalbox-confidence" in headers).toBe(verdict.confidence !== null);
  });

  it("hold only visible ASCII, whatever a policy is called, and give the name back", () => {
    fc.assert(
      fc.property(fc.string({ unit: utf16, minLength: 1 }), (policy) => {
        const headers = receiptHeaders({ ...receipt, verdict: { outcome: "matched", policy, confidence: 1 } });
        for (const value of Object.values(headers)) expect(value).toMatch(/^[ -~]+$/);
        expect(decodeURIComponent(headers["x-signalbox-policy"]!)).toBe(policy.toWellFormed());
      }),
    );
  });
});
