import { describe, expect, it } from "vitest";
import { nextStep, parseRetryAfter, type UpstreamFailure } from "./retry-policy.ts";

const state = { attempt: 1, elapsedMs: 0, budgetMs: 10_000, random: 1 };
const status = (code: number, retryAfterMs: number | null = null, mayRetry = true): UpstreamFailure => ({
  kind: "status",
  status: code,
  retryAfterMs,
  mayRetry,
});

describe("the step after a failed call", () => {
  it.each([
    ["429 waits and tries again", status(429), {}, { step: "retry", waitMs: 200 }],
    ["500 waits and tries again", status(500), {}, { step: "retry", waitMs: 200 }],
    ["503 waits twice as long the second time", status(503), { attempt: 2 }, { step: "retry", waitMs: 400 }],
    ["a third failure goes to the next candidate", status(503), { attempt: 3 }, { step: "next" }],
    ["jitter takes up to half of the wait", status(500), { random: 0 }, { step: "retry", waitMs: 100 }],
    ["501 is not tried again", status(501), {}, { step: "next" }],
    ["505 is not tried again", status(505), {}, { step: "next" }],
    ["a provider that says no retry gets none", status(500, null, false), {}, { step: "next" }],
    ["Retry-After is honoured", status(429, 3_000), {}, { step: "retry", waitMs: 3_000 }],
    ["Retry-After of nought is honoured", status(503, 0), {}, { step: "retry", waitMs: 0 }],
    [
      "Retry-After up to the budget is honoured",
      status(429, 4_000),
      { elapsedMs: 6_000 },
      { step: "retry", waitMs: 4_000 },
    ],
    ["Retry-After beyond the budget is not waited for", status(429, 4_001), { elapsedMs: 6_000 }, { step: "next" }],
    ["a spent budget ends retries", status(500), { elapsedMs: 9_900 }, { step: "next" }],
    ["an unreachable provider is tried again", { kind: "connect" }, {}, { step: "retry", waitMs: 200 }],
    ["silence goes to the next candidate", { kind: "timeout", begun: false }, { elapsedMs: 300 }, { step: "next" }],
    ["an answer that stalls halfway stops", { kind: "timeout", begun: true }, {}, { step: "stop" }],
    ["a refused credential stops", { kind: "credential" }, {}, { step: "stop" }],
    ["a redirect stops", { kind: "redirect" }, {}, { step: "stop" }],
    ["a forbidden address stops", { kind: "address", reason: "is missing" }, {}, { step: "stop" }],
    ["a malformed answer stops", { kind: "malformed" }, {}, { step: "stop" }],
    ["an oversized answer stops", { kind: "oversized" }, {}, { step: "stop" }],
    ["a loop stops", { kind: "loop" }, {}, { step: "stop" }],
  ] as [string, UpstreamFailure, Partial<typeof state>, unknown][])("%s", (_rule, failure, change, expected) => {
    expect(nextStep(failure, { ...state, ...change })).toEqual(expected);
  });

  it("never waits longer than four seconds of its own accord", () => {
    const waits = [1, 2].map((attempt) => nextStep(status(500), { ...state, attempt, budgetMs: 1e9 }));
    for (const step of waits) expect(step.step === "retry" && step.waitMs).toBeLessThanOrEqual(4_000);
  });
});

describe("the Retry-After header", () => {
  const now = Date.parse("2026-11-17T10:00:00Z");
  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "Tue, 17 Nov 2026 10:00:09 GMT" }, 9_000],
    [{ "retry-after": "Tue, 17 Nov 2026 09:59:00 GMT" }, 0],
    [{ "retry-after-ms": "1500", "retry-after": "9" }, 1_500],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "-3" }, null],
    [{ "retry-after": "" }, null],
    [{}, null],
  ])("%j means %j ms", (headers, expected) => {
    expect(parseRetryAfter(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});
