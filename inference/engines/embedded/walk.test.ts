import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { EncodedSet } from "./encoded-set.ts";
import type { EncodedSegment } from "./segment-encoder.ts";
import type { MatchedTurn, Running, SetHead } from "./set-head.ts";
import type { UserTurn } from "./user-turns.ts";
import { createWalk } from "./walk.ts";

const one = Float32Array.of(1);
const tensor = new Tensor("float32", one, [1]);
const set = (digest: string): EncodedSet => ({
  digest,
  count: 1,
  pooled: [one],
  match: { policy_tokens: tensor, policy_weights: tensor, policy_mask: tensor, policy_pooled: tensor },
  vectors: tensor,
  bytes: 4,
});
const segment = (text: string): EncodedSegment => ({
  length: Number(text),
  tokens: one,
  weights: one,
  first: one,
  second: one,
  pooledFirst: one,
  pooledSecond: one,
  vector: one,
});
const turns = (...texts: string[]): UserTurn[] => texts.map((text) => ({ text, assistant: "" }));

interface Decided {
  readonly running: Running;
  readonly lengths: (number | undefined)[];
}

/** Answers with the turn's number as the policy's logit and writes down what it was asked. */
function setUp() {
  const encoded: string[] = [];
  const decided: Decided[] = [];
  const length = (turn: MatchedTurn | undefined) => turn?.segment.length;
  const head: SetHead = {
    match: () => Promise.resolve(Float32Array.of(0)),
    decide: (_, running, turn, before, beforeThat) => {
      decided.push({ running, lengths: [length(turn), length(before), length(beforeThat)] });
      return Promise.resolve(Float32Array.of(turn.segment.length, 0));
    },
  };
  const walk = createWalk({
    head,
    encode: ({ text }) => {
      encoded.push(text);
      return Promise.resolve(segment(text));
    },
    cacheBytes: 100_000,
  });
  return { walk, encoded, decided };
}

const open = new AbortController().signal;

describe("createWalk", () => {
  it("decides in order, each turn with the two before it and with its own earlier answers", async () => {
    const { walk, decided } = setUp();
    const reached = await walk.decide(set("s"), turns("1", "2", "3"), "tenant", open);
    expect(reached).toMatchObject({ logits: Float32Array.of(3, 0), previous: Float32Array.of(2, 0) });
    expect(decided.map(({ lengths }) => lengths)).toEqual([
      [1, undefined, undefined],
      [2, 1, undefined],
      [3, 2, 1],
    ]);
    expect(decided[0]?.running).toEqual({ previous: [0, 0], history: [0] });
    expect(decided[1]?.running.previous[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(decided[2]?.running.history[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  });

  it("goes on from the turn a conversation has reached", async () => {
    const { walk, decided, encoded } = setUp();
    await walk.decide(set("s"), turns("1", "2"), "tenant", open);
    await walk.decide(set("s"), turns("1", "2", "3"), "tenant", open);
    expect(encoded).toEqual(["1", "2", "3"]);
    expect(decided).toHaveLength(3);
    expect(decided[2]?.lengths).toEqual([3, 2, 1]);
  });

  it("answers the same with and without what it keeps", async () => {
    const warm = setUp();
    await warm.walk.decide(set("s"), turns("1", "2"), "tenant", open);
    await warm.walk.decide(set("s"), turns("1", "2", "3"), "tenant", open);
    const cold = setUp();
    await cold.walk.decide(set("s"), turns("1", "2", "3"), "tenant", open);
    expect(warm.decided.at(-1)).toEqual(cold.decided.at(-1));
  });

  it("shares encodings among policy sets, and nothing among isolation tokens", async () => {
    const { walk, encoded, decided } = setUp();
    await walk.decide(set("s"), turns("1"), "tenant", open);
    await walk.decide(set("t"), turns("1"), "tenant", open);
    expect([encoded.length, decided.length]).toEqual([1, 2]);
    await walk.decide(set("s"), turns("1"), "another", open);
    expect([encoded.length, decided.length]).toEqual([2, 3]);
  });

  it("stops between turns when the caller is gone", async () => {
    const { walk, decided } = setUp();
    expect(await walk.decide(set("s"), turns("1"), "tenant", AbortSignal.abort())).toBeNull();
    expect(decided).toHaveLength(0);
  });
});
