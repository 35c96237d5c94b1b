import { describe, expect, it } from "vitest";
import type { ServedEngine } from "../decide/served-engine.ts";
import { ok, refuse } from "../errors.ts";
import { answer } from "./answer.ts";

const question = {
  id: "one",
  policies: [{ name: "a", description: "the first" }],
  turns: [
    { role: "user" as const, content: "hello" },
    { role: "assistant" as const, content: "hi" },
    { role: "user" as const, content: "do a" },
  ],
};

function engineThat(decide: ServedEngine["decide"]): ServedEngine {
  return {
    name: "fake",
    version: "1",
    reads: {},
    traits: {},
    hosted: false,
    start: () => Promise.resolve(),
    stop: () => undefined,
    ready: () => true,
    load: () => ({ running: 0, waiting: 0, policyCacheBytes: 0 }),
    decide,
    prepare: () => Promise.resolve(ok("")),
    similarity: () => Promise.resolve(ok([])),
  };
}

describe("answer", () => {
  it("asks once a user turn with everything before it, and takes the most probable option", async () => {
    const seen: string[][] = [];
    const engine = engineThat((_, { conversation }) => {
      seen.push(conversation.map((turn) => turn.content));
      const a = conversation.length > 1 ? 0.9 : 0.2;
      const scores = [
        { policy: "a", probability: a },
        { policy: null, probability: 1 - a },
      ];
      return Promise.resolve(ok({ scores, engine: "fake@1", escalated: false, timings: {} }));
    });
    let clock = 0;
    const given = await answer(engine, question, () => (clock += 5));
    expect(seen).toEqual([["hello"], ["hello", "hi", "do a"]]);
    expect(given).toEqual({ id: "one", predictions: ["other", "a"], confidences: [0.8, 0.9], ms: [5, 5] });
  });

  it.each([
    ["refused", null],
    ["outside_options", null],
    ["late", "a"],
  ] as const)("keeps that a decision is unsure: %s, of which the choice is %s", async (unsureReason, choice) => {
    const engine = engineThat((_, { conversation }) =>
      Promise.resolve(
        ok({
          scores: [{ policy: "a", probability: 0.9 }],
          ...(conversation.length > 1 && { unsureReason }),
          engine: "fake@1",
          escalated: false,
          timings: {},
        }),
      ),
    );
    expect(await answer(engine, question, () => 0)).toMatchObject({ unsure: [1], predictions: ["a", choice] });
  });

  it("stops when the engine refuses", async () => {
    const engine = engineThat(() => Promise.resolve(refuse("not_ready", "Not yet.")));
    await expect(answer(engine, question, () => 0)).rejects.toThrow("one: not_ready: Not yet.");
  });
});
