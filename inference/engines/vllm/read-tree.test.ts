import { describe, expect, test } from "vitest";
import { createCandidateTree } from "./candidate-tree.ts";
import type { Candidate } from "./candidate-tree.ts";
import { readTree } from "./read-tree.ts";
import type { ReadNext } from "./read-tree.ts";
import { toLogits } from "./shares.ts";

/** Answers as lists of one-letter tokens; `{` begins and `}` ends each. */
const candidates = (...spellings: string[]): Candidate[] =>
  spellings.map((spelling, option) => ({ option, tokens: Array.from(`{${spelling}}`, code) }));
const code = (letter: string): number => letter.charCodeAt(0);

/** A model that gives each next token the probability stated after the text so far. */
function model(probabilities: Record<string, Record<string, number>>) {
  const steps: { paths: string[]; tokens: string }[] = [];
  const readNext: ReadNext = (paths, tokens) => {
    const texts = paths.map((path) => String.fromCharCode(...path));
    steps.push({ paths: texts, tokens: String.fromCharCode(...tokens) });
    const value = texts.map((text) => new Map(tokens.map((token) => [token, logprob(text, token)])));
    return Promise.resolve({ kind: "answered", value });
  };
  const logprob = (text: string, token: number) => Math.log(probabilities[text]?.[String.fromCharCode(token)] ?? 0);
  return { steps, readNext };
}

async function read(spellings: string[], probabilities: Record<string, Record<string, number>>) {
  const { steps, readNext } = model(probabilities);
  const result = await readTree(createCandidateTree(candidates(...spellings)), spellings.length, readNext);
  if (result.kind !== "answered") throw new Error(result.kind);
  return { ...result.value, steps };
}

const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(6)));

describe("reading a tree of names", () => {
  test("takes one step when the first tokens differ, at the place after what all share", async () => {
    const { weights, outside, steps } = await read(["abc", "bcd", "cde"], { "{": { a: 0.5, b: 0.3, c: 0.1, z: 0.1 } });
    expect(rounded(weights)).toEqual([0.5, 0.3, 0.1]);
    expect(outside).toBeCloseTo(0.1);
    expect(steps).toEqual([{ paths: ["{"], tokens: "abc" }]);
  });

  test("takes one more step for names that begin alike, all of a depth in one", async () => {
    const { weights, steps } = await read(["ax", "ay", "bx", "by"], {
      "{": { a: 0.6, b: 0.4 },
      "{a": { x: 0.25, y: 0.75 },
      "{b": { x: 1 },
    });
    expect(rounded(weights)).toEqual([0.15, 0.45, 0.4, 0]);
    expect(steps).toEqual([
      { paths: ["{"], tokens: "ab" },
      { paths: ["{a", "{b"], tokens: "xy" },
    ]);
  });

  test("skips tokens that leave no choice", async () => {
    const { weights, steps } = await read(["booking-a", "booking-b", "c"], {
      "{": { b: 0.8, c: 0.2 },
      "{booking-": { a: 0.5, b: 0.5 },
    });
    expect(rounded(weights)).toEqual([0.4, 0.4, 0.2]);
    expect(steps).toHaveLength(2);
  });

  test("tells a name from a longer one by the token that ends it", async () => {
    const { weights } = await read(["ab", "abc", "x"], { "{": { a: 0.9, x: 0.1 }, "{ab": { "}": 0.3, c: 0.7 } });
    expect(rounded(weights)).toEqual([0.27, 0.63, 0.1]);
  });

  test("does not follow what has next to no mass; its options share it", async () => {
    const { weights, steps } = await read(["ax", "ay", "b"], { "{": { a: 0.001, b: 0.999 } });
    expect(rounded(weights)).toEqual([0.0005, 0.0005, 0.999]);
    expect(steps).toHaveLength(1);
  });

  test("counts what was wanted instead of an option at every depth", async () => {
    const { outside, weights } = await read(["ax", "ay"], { "{a": { x: 0.2, y: 0.2 } });
    expect(rounded(weights)).toEqual([0.2, 0.2]);
    expect(outside).toBeCloseTo(0.6);
  });

  test("gives several spellings of an option to that option, without a step of their own", async () => {
    const tree = createCandidateTree([
      { option: 0, tokens: [1, 2, 3] },
      { option: 0, tokens: [1, 2, 4] },
      { option: 1, tokens: [1, 5] },
    ]);
    const asked: number[][] = [];
    const result = await readTree(tree, 2, (paths, tokens) => {
      asked.push([...tokens]);
      return Promise.resolve({
        kind: "answered",
        value: paths.map(
          () =>
            new Map([
              [2, Math.log(0.7)],
              [5, Math.log(0.3)],
            ]),
        ),
      });
    });
    expect(asked).toEqual([[2, 5]]);
    expect(result).toMatchObject({ value: { weights: [0.7, 0.3].map((share) => expect.closeTo(share, 6) as number) } });
  });

  test("lets two names that the tokenizer writes alike share their mass", async () => {
    const tree = createCandidateTree([
      { option: 0, tokens: [1, 2] },
      { option: 1, tokens: [1, 2] },
      { option: 2, tokens: [1, 3] },
    ]);
    const result = await readTree(tree, 3, (paths) =>
      Promise.resolve({
        kind: "answered",
        value: paths.map(
          () =>
            new Map([
              [2, Math.log(0.8)],
              [3, Math.log(0.2)],
            ]),
        ),
      }),
    );
    expect(result).toMatchObject({
      value: { weights: [0.4, 0.4, 0.2].map((share) => expect.closeTo(share, 6) as number) },
    });
  });

  test("says which name greedy decoding would write, token by token, the first of the vocabulary where two are equal", async () => {
    const written = async (...given: Parameters<typeof read>) => (await read(...given)).written;
    expect(await written(["ax", "ay", "b"], { "{": { a: 0.5, b: 0.4 }, "{a": { x: 0.4, y: 0.6 } })).toBe(1);
    expect(await written(["c", "b"], { "{": { b: 0.5, c: 0.5 } })).toBe(1);
    expect(await written(["only"], {})).toBe(0);
    // Not followed, for the model would say something else.
    expect(await written(["ax", "ay", "b"], { "{": { a: 0.001, b: 0.0001, z: 0.99 } })).toBeUndefined();
  });

  test("ends with the server's refusal", async () => {
    const tree = createCandidateTree(candidates("a", "b"));
    expect(await readTree(tree, 2, () => Promise.resolve({ kind: "unreachable" }))).toEqual({ kind: "unreachable" });
  });
});

test("a distribution counts unless most of the mass is outside of it", () => {
  const shares = (logits: readonly number[]) =>
    rounded(logits.map((logit) => Math.exp(logit))).map((share) => Number(share.toFixed(3)));
  const within = toLogits({ weights: [0.45, 0.15], written: 0, outside: 0.4 });
  expect([shares(within.logits), within.unsureReason]).toEqual([[0.75, 0.25], undefined]);
  const beyond = toLogits({ weights: [0.3, 0.1], written: 0, outside: 0.6 });
  expect([shares(beyond.logits), beyond.unsureReason]).toEqual([[0.75, 0.25], "outside_options"]);
  expect(toLogits({ weights: [0, 0], written: 0, outside: 1 })).toEqual({
    logits: [0, 0],
    unsureReason: "outside_options",
  });
});

test("the option that would be written leads: those that are likelier as a whole share alike with it", () => {
  const { logits } = toLogits({ weights: [0.3, 0.2, 0.35, 0.05], written: 1, outside: 0.1 });
  const [first = 0, written = 0, third = 0, fourth = 0] = logits.map((logit) => Math.exp(logit));
  expect([first, third, fourth].map((share) => Number(share.toFixed(4)))).toEqual([0.3148, 0.3148, 0.0556]);
  expect(written).toBeGreaterThan(first);
  expect(written).toBeCloseTo(first, 5);
});
