import { expect, test } from "vitest";
import { optionsOf } from "./question.ts";
import { readSystemone, systemoneBody } from "./systemone-wire.ts";

const names = ["weather", "42", "7", 'the "odd" one'];
const question = {
  model: "plano",
  options: optionsOf(names.map((name) => ({ name, description: `about ${name}` }))),
  conversation: [{ role: "user" as const, content: "rain?" }],
  isolation: "",
};

test("options keep the published order, names that look like numbers too, and `other` comes last", () => {
  const body = systemoneBody(question, { cache_salt: "tenant" });
  const places = [...names, "other"].map((name) => body.indexOf(`${JSON.stringify(name)}:`));
  expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true);
  expect(JSON.parse(body)).toMatchObject({
    model: "plano",
    cache_salt: "tenant",
    state: [{ role: "user", content: "rain?" }],
    questions: { policy: { type: "choice", criteria: { weather: "about weather", "42": "about 42" } } },
  });
});

test("an answer is read with its label mass and tokens", () => {
  expect(
    readSystemone({
      answers: { policy: { type: "choice", choice: "a", probabilities: { a: 0.9, other: 0.1 }, confidence: 0.2 } },
      diagnostics: { policy: { label_mass: 0.4 } },
      usage: { input_tokens: 12, output_tokens: 0 },
    }),
  ).toEqual({
    kind: "distribution",
    choice: "a",
    probabilities: new Map([
      ["a", 0.9],
      ["other", 0.1],
    ]),
    optionMass: 0.4,
    tokens: { prompt: 12, cached: 0, completion: 0 },
  });
});

test.each([
  ["nothing", null],
  ["an answer to another question", { answers: { mood: { type: "choice", choice: "a" } } }],
  ["another kind of answer", { answers: { policy: { type: "noul", noul: 0.4 } } }],
  ["probabilities that are no numbers", { answers: { policy: { type: "choice", probabilities: { a: "high" } } } }],
])("%s is not an answer", (_what, answer) => {
  expect(readSystemone(answer)).toBeNull();
});
