import { describe, expect, it } from "vitest";
import type { Reading } from "../routing/decision.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import { counted, type CountingDeps } from "./counted.ts";

const PRICES = { jev: { input_per_million: 1_000, output_per_million: 0 } };
const UNCOUNTED = {
  source: "engine",
  scores: [{ policy: null, probability: 1 }],
  unsureReason: null,
  engine: "jev@1",
  decideMs: 5,
} satisfies Reading;
const tokens = [{ engine: "jev", inputTokens: 100, cachedInputTokens: 40, outputTokens: 1 }];
const READING: Reading = { ...UNCOUNTED, tokens };
const OWNER = { tenantId: "ten_1", keyId: "key_1", router: "default", requestId: "evl_1" };
/** The decider of this test takes no notice of it. */
const QUESTION = {} as Parameters<CountingDeps["decider"]["decide"]>[0];

function scene(answers: Reading[], append: () => Promise<void> = () => Promise.resolve()) {
  const appended: DecisionRecord[] = [];
  const logged: unknown[] = [];
  let made = 0;
  const deps: CountingDeps = {
    env: { ENGINE_PRICES: PRICES },
    decider: {
      decide: () => Promise.resolve(answers.shift() ?? READING),
    },
    usage: {
      append: (record) => {
        appended.push(record);
        return append();
      },
    },
    now: () => Date.parse("2026-06-15T12:00:00Z"),
    newId: () => {
      made += 1;
      return `dec_${String(made)}`;
    },
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    log: (level, event, fields) => logged.push([level, event, fields]),
  };
  const left: Promise<unknown>[] = [];
  const run = <T>(work: (decider: CountingDeps["decider"]) => Promise<T>): Promise<T> =>
    counted(deps, OWNER, (counting) => left.push(counting), work);
  return { run, appended, logged, left };
}

describe("what is decided though no request asked for it", () => {
  it("is one receipt of what the engines counted, and of no request", async () => {
    const { run, appended } = scene([
      READING,
      { ...READING, source: "memo" },
      { source: "fallback:timeout", decideMs: 1 },
      UNCOUNTED,
    ]);
    const value = await run(async (decider) => {
      for (let turn = 0; turn < 5; turn += 1) await decider.decide(QUESTION);
      return "done";
    });
    expect(value).toBe("done");
    expect(appended).toMatchObject([
      {
        id: "dec_1",
        tenant_id: "ten_1",
        key_id: "key_1",
        request_id: "evl_1",
        created_at: "2026-06-15T12:00:00.000Z",
        kind: "trial",
        router: "default",
        policy: null,
        model: null,
        arm: null,
        routing_arm: null,
        trial_decisions: 2,
        routing_input_tokens: 200,
        routing_cached_input_tokens: 80,
        routing_output_tokens: 2,
        routing_cost_usd: expect.closeTo(0.2, 12) as number,
        input_tokens: null,
        cost_usd: null,
      },
    ]);
  });

  it("leaves nothing where no engine counts", async () => {
    const { run, appended } = scene([{ ...READING, source: "memo" }]);
    await run((decider) => decider.decide(QUESTION));
    expect(appended).toEqual([]);
  });

  it("is counted when the work fails, with its error", async () => {
    const { run, appended } = scene([]);
    const work = run(async (decider) => {
      await decider.decide(QUESTION);
      throw new Error("no room");
    });
    await expect(work).rejects.toThrow("no room");
    expect(appended).toMatchObject([{ trial_decisions: 1 }]);
  });

  it("is counted in portions, so that a worker that is stopped leaves few uncounted", async () => {
    const { run, appended } = scene([]);
    const counts = () => appended.map(({ trial_decisions }) => trial_decisions);
    await run(async (decider) => {
      for (let turn = 0; turn < 45; turn += 1) await decider.decide(QUESTION);
      expect(counts()).toEqual([20, 20]);
    });
    expect(counts()).toEqual([20, 20, 5]);
    expect(new Set(appended.map(({ id }) => id)).size).toBe(3);
  });

  it("does not fail when it cannot be counted, and the log says so", async () => {
    const { run, logged } = scene([], () => Promise.reject(new TypeError("away")));
    expect(await run((decider) => decider.decide(QUESTION))).toBe(READING);
    expect(logged).toEqual([
      ["error", "decision_not_recorded", { request_id: "evl_1", decision_id: "dec_1", name: "TypeError" }],
    ]);
  });

  it("is not waited for where the sink hangs, and goes on after the work", async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<undefined>();
    const { run, appended, left } = scene([], () => stored);
    expect(await run((decider) => decider.decide(QUESTION))).toBe(READING);
    expect([appended.length, left.length]).toEqual([1, 1]);
    store(undefined);
    await Promise.all(left);
  });
});
