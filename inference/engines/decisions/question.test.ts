import { expect, test } from "vitest";
import type { Turn } from "../../contract/index.ts";
import { newestTurns, optionsOf } from "./question.ts";

test("options are the policies as published, then `other`", () => {
  const options = optionsOf([
    { name: "b", description: "second" },
    { name: "a", description: "first" },
  ]);
  expect(options.map(({ value }) => value)).toEqual(["b", "a", "other"]);
});

test("of a conversation the newest turns are kept, oldest first, and the end of one that is too long", () => {
  const turns: Turn[] = [
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: "three" },
  ];
  expect(newestTurns(turns, 8)).toEqual(turns.slice(1));
  expect(newestTurns(turns, 7)).toEqual(turns.slice(2));
  expect(newestTurns(turns, 2)).toEqual([{ role: "user", content: "ee" }]);
});
