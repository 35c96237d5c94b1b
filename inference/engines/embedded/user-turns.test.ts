import { describe, expect, it } from "vitest";
import type { Turn } from "../../contract/index.ts";
import { userTurns } from "./user-turns.ts";

const user = (content: string): Turn => ({ role: "user", content });
const assistant = (content: string): Turn => ({ role: "assistant", content });
const long = (turns: number): Turn[] => Array.from({ length: turns }, (_, index) => user(`turn ${index + 1}`));

describe("userTurns", () => {
  it("pairs each user turn with the assistant's turn right before it", () => {
    const turns = userTurns([user("a"), assistant("b"), user("c"), user("d")]);
    expect(turns).toEqual([
      { text: "a", assistant: "" },
      { text: "c", assistant: "b" },
      { text: "d", assistant: "" },
    ]);
  });

  it.each([
    [1, "turn 1", 1],
    [16, "turn 1", 16],
    [17, "turn 9", 9],
    [24, "turn 9", 16],
    [25, "turn 17", 9],
  ])("of %i turns walks from %s on", (count, first, length) => {
    const turns = userTurns(long(count));
    expect([turns[0]?.text, turns.length]).toEqual([first, length]);
  });
});
