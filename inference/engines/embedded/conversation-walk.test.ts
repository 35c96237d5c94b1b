import { expect, test } from "vitest";
import type { Turn } from "../../contract/index.ts";
import { walk } from "./conversation-walk.ts";

const user = (content: string): Turn => ({ role: "user", content });
const assistant = (content: string): Turn => ({ role: "assistant", content });

test("each user turn is read alone, with the reply before it and with the turn before that", () => {
  expect(walk([user("rain?"), assistant("yes"), user("why?")])).toEqual([
    { text: "rain?", withReply: "rain?", withPrevious: "rain?", first: true },
    { text: "why?", withReply: "yes\nwhy?", withPrevious: "rain?\nwhy?", first: false },
  ]);
});

test("only the end of what stands before is read, and long turns lose their middle", () => {
  const [, turn] = walk([user("q"), assistant(`${"a".repeat(500)}END`), user(`START${"b".repeat(5000)}END`)]);
  expect(turn?.withReply.startsWith(`${"a".repeat(157)}END\nSTART`)).toBe(true);
  expect(turn?.text.endsWith("END")).toBe(true);
  expect(turn?.text.length).toBeLessThan(1300);
});

test("a conversation of any length costs the same number of turns", () => {
  const long = Array.from({ length: 400 }, (_, n) => (n % 2 === 0 ? user(`q${n}`) : assistant(`a${n}`)));
  const walked = walk([...long, user("last")]);
  expect(walked.length).toBeLessThan(20);
  expect(walked.at(-1)?.text).toBe("last");
});
