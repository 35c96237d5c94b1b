import { describe, expect, test } from "vitest";
import { readTurnSignals } from "./turn-signals.ts";

describe("closing", () => {
  test.each([
    "thanks, that's all",
    "Thats all, thank you",
    "Great, thanks, that's all for today. Bye!",
    "perfect!",
    "ok cool",
    "merci, c'est tout",
    "gracias",
    "спасибо!",
    "ありがとう",
    "谢谢",
  ])("%j ends the task", (text) => expect(readTurnSignals(text).closing).toBe(true));

  test.each([
    "thanks, now translate it into French",
    "Great, and what does the second function do?",
    "thank you letter to my landlord about the broken heating",
    "thanks?",
    "ok do it",
    "write a thank you note",
  ])("%j does not", (text) => expect(readTurnSignals(text).closing).toBe(false));
});

test.each(["Hi", "hello there!", "Good morning", "hola", "你好", "Guten Tag"])("%j is a greeting", (text) => {
  expect(readTurnSignals(text).greeting).toBe(true);
});

test.each(["Hi, fix this bug", "history of Rome", "hello world in Rust"])("%j is not only a greeting", (text) => {
  expect(readTurnSignals(text).greeting).toBe(false);
});

test.each(["and for Porto?", "shorter please", "why?", "make it formal", "no, the other one"])(
  "%j begins as a follow-up does",
  (text) => expect(readTurnSignals(text).followUp).toBe(true),
);

test("words are counted in scripts without spaces too", () => {
  expect(readTurnSignals("two words").words).toBe(2);
  expect(readTurnSignals("明日の天気を教えて").words).toBeGreaterThan(2);
  expect(readTurnSignals("").words).toBe(0);
});
