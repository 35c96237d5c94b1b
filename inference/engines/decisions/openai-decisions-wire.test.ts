import { expect, test } from "vitest";
import { openaiDecisionsBody, readOpenaiDecisions } from "./openai-decisions-wire.ts";
import { optionsOf } from "./question.ts";

test("choices stand in published order with `other` last, turns under their roles", () => {
  const body = openaiDecisionsBody({
    model: "luna",
    options: optionsOf([{ name: "weather", description: "now" }]),
    conversation: [
      { role: "user", content: "rain?" },
      { role: "assistant", content: "no" },
      { role: "user", content: "snow?" },
    ],
    isolation: "tenant",
  });
  expect(JSON.parse(body)).toMatchObject({
    model: "luna",
    input: [
      { role: "user", content: [{ type: "input_text", text: "rain?" }] },
      { role: "assistant", content: [{ type: "output_text", text: "no" }] },
      { role: "user", content: [{ type: "input_text", text: "snow?" }] },
    ],
    questions: [{ type: "choice", choices: [{ value: "weather", description: "now" }, { value: "other" }] }],
  });
  expect(body).not.toContain("tenant");
});

test("a refusal of the question is not an error", () => {
  const usage = { input_tokens: 3, output_tokens: 0, input_tokens_details: { cached_tokens: 2 } };
  expect(readOpenaiDecisions({ answers: [{ type: "refusal", name: "policy" }], usage })).toEqual({
    kind: "refusal",
    tokens: { prompt: 3, cached: 2, completion: 0 },
  });
});

test("the answer is found by its name, and alone without one", () => {
  const choice = { type: "choice", choice: "weather" };
  expect(
    readOpenaiDecisions({
      answers: [
        { type: "score", name: "mood" },
        { ...choice, name: "policy" },
      ],
    }),
  ).toMatchObject({ choice: "weather", probabilities: null, tokens: null });
  expect(readOpenaiDecisions({ answers: [choice] })).toMatchObject({ choice: "weather" });
  expect(readOpenaiDecisions({ answers: [choice, choice] })).toBeNull();
});

test("an option with two probabilities makes an answer unreadable", () => {
  const shares = [
    { value: "weather", probability: 0.9 },
    { value: "other", probability: 0.1 },
  ];
  const answered = (probabilities: object[]) =>
    readOpenaiDecisions({ answers: [{ type: "choice", name: "policy", choice: "weather", probabilities }] });
  expect(answered(shares)).toMatchObject({
    choice: "weather",
    probabilities: new Map([
      ["weather", 0.9],
      ["other", 0.1],
    ]),
  });
  expect(answered([...shares, { value: "weather", probability: 0 }])).toBeNull();
});
