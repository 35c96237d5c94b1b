import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { archRouterV1 } from "../../prompts/arch-router-v1.ts";
import { planoOrchestratorV2 } from "../../prompts/plano-orchestrator-v2.ts";
import { createOptions, findOption } from "./options.ts";
import { readAnswer } from "./read-answer.ts";
import { completionSchema } from "./wire.ts";
import type { Step } from "./wire.ts";

const named = (...names: string[]) =>
  createOptions(
    names.map((name) => ({ name, description: "" })),
    archRouterV1,
  );

const token = (text: string, probability: number) => ({
  token: text,
  logprob: Math.log(probability),
  bytes: [...Buffer.from(text)],
});

/** A step whose first alternative was taken. */
const step = (...alternatives: [string, number][]): Step => {
  const all = alternatives.map(([text, probability]) => token(text, probability));
  return { ...all[0]!, top_logprobs: all };
};

const answer = (content: string | null, steps?: Step[]) =>
  completionSchema.parse({
    choices: [{ message: { content }, logprobs: steps === undefined ? null : { content: steps } }],
  });

function shares(logits: readonly number[]): number[] {
  const weights = logits.map((logit) => Math.exp(logit));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

const fixture = (name: string) =>
  completionSchema.parse(
    JSON.parse(readFileSync(new URL(`../../../test/fixtures/vllm/${name}`, import.meta.url), "utf8")),
  );

describe("the option a text names", () => {
  const options = named("book hotel", "it's late", "back\\slash", "ünïcode");
  test.each([
    ["book hotel", 0],
    ['{"route": "book hotel"}', 0],
    ["{'route': 'book hotel'}", 0],
    ['{"name":"book hotel"}', 0],
    ['```json\n{"route": "book hotel"}\n```', 0],
    ['book hotel"}', 0],
    [" book hotel\n", 0],
    ["it's late", 1],
    ['{"route": "it\'s late"}', 1],
    ["back\\\\slash", 2],
    ["ünïcode", 3],
    ["other", 4],
    ['{"route": "other"}', 4],
    ["", -1],
    ["Book Hotel", -1],
    ["book", -1],
    ['{"route": ""}', -1],
    ["the route is book hotel", -1],
  ])("%j is option %i", (text, index) => {
    expect(findOption(options, text)).toBe(index);
  });
});

describe("the option a list of routes names", () => {
  const options = createOptions(
    ["book hotel", "back\\slash"].map((name) => ({ name, description: "" })),
    planoOrchestratorV2,
  );
  test.each([
    ['"book hotel"', 0],
    ['"book hotel"]}', 0],
    ['"book hotel", "back\\\\slash"]}', 0],
    ['{"route": ["back\\\\slash", "book hotel"]}', 1],
    ["{'route': ['book hotel']}", 0],
    ["]", 2],
    ["]}", 2],
    ['{"route": []}', 2],
    ['{"route": ["Book Hotel"]}', -1],
    ["book", -1],
    ["", -1],
  ])("%j is option %i", (text, index) => {
    expect(findOption(options, text)).toBe(index);
  });

  test("mass on another route after the first stays with the first", () => {
    const steps = [
      step(['"', 0.9], ["]", 0.1]),
      step(["book hotel", 0.8], ["back", 0.2]),
      step(['"', 0.6], ['",', 0.4]),
    ];
    const [hotel, slash, other] = shares(readAnswer(answer('"book hotel"', steps), options).logits);
    expect([hotel, slash, other].map((share) => Number(share?.toFixed(2)))).toEqual([0.72, 0.18, 0.1]);
  });
});

test("mass goes to the names that each token begins, whatever the tokenization", () => {
  const options = named("distance", "international_visa", "book_hotel", "book_flight");
  const read = readAnswer(fixture("chat-choice-other.json"), options);
  const [distance = 0, visa = 0, hotel = 0, flight = 0, other = 0] = shares(read.logits);
  expect(read.unsureReason).toBeUndefined();
  expect(other).toBeCloseTo(0.767, 2);
  expect(distance).toBeCloseTo(0.163, 2);
  expect(hotel).toBeCloseTo(flight, 6);
  expect(visa).toBeLessThan(0.001);
});

test("a name that begins another is told from it by the token that ends it", () => {
  const options = named("book", "book_hotel");
  const steps = [step(["book", 1]), step(["<|im_end|>", 0.7], ["_hotel", 0.3])];
  const [short, long] = shares(readAnswer(answer("book", steps), options).logits);
  expect(short).toBeCloseTo(0.7, 2);
  expect(long).toBeCloseTo(0.3, 2);
});

test("tokens that hold part of a character are compared by their bytes", () => {
  const options = named("日記", "日程");
  const bytes = [...Buffer.from("日記")];
  const part = (slice: number[], logprob: number) => ({ token: "\ufffd", logprob, bytes: slice });
  const steps: Step[] = [
    { ...part(bytes.slice(0, 2), 0), top_logprobs: [part(bytes.slice(0, 2), 0)] },
    { ...part(bytes.slice(2), 0), top_logprobs: [part(bytes.slice(2), 0)] },
  ];
  expect(shares(readAnswer(answer("日記", steps), options).logits)[0]).toBeGreaterThan(0.99);
});

test.each(["chat-outside.json", "chat-empty.json"])("%s is outside the options", (name) => {
  expect(readAnswer(fixture(name), named("weather", "recipes")).unsureReason).toBe("outside_options");
});

test("an answer without log-probabilities is chosen, but not certain", () => {
  const { logits, unsureReason } = readAnswer(fixture("chat-unconstrained-fenced.json"), named("weather", "recipes"));
  expect(unsureReason).toBeUndefined();
  expect(shares(logits)[1]).toBeCloseTo(0.8, 6);
});

test("an ignored constraint is noticed: most of the mass begins no option", () => {
  const steps = [step(["The", 0.9], ["weather", 0.1]), step([" best", 1])];
  expect(readAnswer(answer("weather", steps), named("weather")).unsureReason).toBe("outside_options");
});

test("without the constraint the closing quote ends the name", () => {
  const read = readAnswer(fixture("chat-unconstrained-rest.json"), named("weather", "recipes"));
  const [weather = 0, recipes = 0, other = 0] = shares(read.logits);
  expect(read.unsureReason).toBeUndefined();
  expect(recipes).toBeGreaterThan(0.85);
  expect(other).toBeCloseTo(0.082, 2);
  expect(weather).toBeLessThan(0.001);
});
