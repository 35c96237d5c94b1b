import fc from "fast-check";
import { expect, test } from "vitest";
import type { Turn } from "../contract/index.ts";
import { fitConversation } from "./fit-conversation.ts";

/** Turns whose texts are as long as their cost, a token a character. */
const thread = (...lengths: number[]): Turn[] =>
  lengths.map((length, index) => ({
    role: (lengths.length - index) % 2 === 1 ? "user" : "assistant",
    content: String.fromCharCode(97 + index).repeat(length),
  }));
const costs = (turns: readonly Turn[]): number[] => turns.map(({ content }) => content.length);
const fit = (turns: readonly Turn[], budget: number) => fitConversation(turns, costs(turns), budget);
const first = ({ content }: Turn) => content[0];

test("what fits stays as it is", () => {
  const turns = thread(10, 20, 30);
  expect(fit(turns, 60)).toBe(turns);
});

test("the middle goes first: the opening turn and the newest stay", () => {
  expect(fit(thread(10, 100, 100, 30, 20), 90).map(first)).toEqual(["a", "d", "e"]);
});

test("a turn of which a part is worth having keeps its beginning and its end", () => {
  const cut = fit(thread(10, 300, 20), 200);
  expect(cut.map(first)).toEqual(["a", "b", "c"]);
  expect(cut[1]?.content).toMatch(/^b+\n\[…\]\nb+$/);
});

test("an opening turn that would take too much of the room is left out", () => {
  expect(fit(thread(100, 100, 30, 20), 90).map(first)).toEqual(["c", "d"]);
});

test("a latest turn that alone is too long is cut in its middle and stands alone", () => {
  const cut = fit(thread(10, 10, 500), 100);
  expect(cut.map(first)).toEqual(["c"]);
  expect(cut[0]?.content.length).toBeLessThanOrEqual(100);
});

test("whatever is trimmed, the latest turn is last, the order is kept and the budget holds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 40, max: 900 }),
      (lengths, budget) => {
        const turns = thread(...lengths);
        const kept = fit(turns, budget);
        const order = kept.map((turn) => turns.findIndex((one) => first(one) === first(turn)));
        expect(order.at(-1)).toBe(turns.length - 1);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(costs(kept).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(budget);
      },
    ),
  );
});
