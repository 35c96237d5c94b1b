import { describe, expect, test } from "vitest";
import { createCandidateTree } from "./candidate-tree.ts";
import type { Candidate } from "./candidate-tree.ts";
import type { Ahead } from "./look-ahead.ts";
import { readTree } from "./read-tree.ts";
import type { Place, ReadNext } from "./read-tree.ts";
import { toLogits } from "./shares.ts";

/** Answers as lists of one-letter tokens; `{` begins and `}` ends each. */
const candidates = (...spellings: string[]): Candidate[] =>
  spellings.map((spelling, option) => ({ option, tokens: Array.from(`{${spelling}}`, code) }));
const code = (letter: string): number => letter.charCodeAt(0);

/** A model that gives each next token the probability stated after the text so far, and writes the likeliest. */
function model(probabilities: Record<string, Record<string, number>>) {
  const requests: { paths: string[]; tokens: string; places: number; until: string }[] = [];
  const readNext: ReadNext = (paths, { tokens, places, until }) => {
    const texts = paths.map(text);
    requests.push({ paths: texts, tokens: text(tokens), places, until: text(until) });
    return Promise.resolve({
      kind: "answered",
      value: texts.map((path) => placesFrom(path, { tokens, places, until })),
    });
  };
  const placesFrom = (path: string, { tokens, places, until }: Ahead): Place[] => {
    const next = probabilities[path] ?? {};
    const [likeliest = "?"] = Object.keys(next).toSorted((a, b) => (next[b] ?? 0) - (next[a] ?? 0));
    const logprobs = new Map(tokens.map((token) => [token, Math.log(next[text([token])] ?? 0)]));
    const here = { logprobs, written: code(likeliest) };
    if (places === 1 || until.includes(here.written)) return [here];
    return [here, ...placesFrom(path + likeliest, { tokens, places: places - 1, until })];
  };
  return { requests, readNext };
}
const place = (...shares: [number, number][]): Place[] => [
  { logprobs: new Map(shares.map(([token, share]) => [token, Math.log(share)])), written: shares[0]?.[0] },
];
const text = (tokens: readonly number[]): string => String.fromCharCode(...tokens);

async function read(spellings: string[], probabilities: Record<string, Record<string, number>>) {
  const { requests, readNext } = model(probabilities);
  const result = await readTree(createCandidateTree(candidates(...spellings)), spellings.length, readNext);
  if (result.kind !== "answered") throw new Error(result.kind);
  return { ...result.value, requests };
}

const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(6)));

describe("reading a tree of names", () => {
  test("takes one step when the first tokens differ, at the place after what all share", async () => {
    const { weights, outside, requests } = await read(["abc", "bcd", "cde"], {
      "{": { a: 0.5, b: 0.3, c: 0.1, z: 0.1 },
    });
    expect(rounded(weights)).toEqual([0.5, 0.3, 0.1]);
    expect(outside).toBeCloseTo(0.1);
    expect(requests).toEqual([{ paths: ["{"], tokens: "abc", places: 1, until: "" }]);
  });

  test("lets the model write to where the names part that it would write, and no further", async () => {
    const { weights, requests } = await read(["box", "bog", "c"], {
      "{": { b: 0.8, c: 0.2 },
      "{b": { o: 1 },
      "{bo": { x: 0.9, g: 0.1 },
    });
    expect(requests).toEqual([{ paths: ["{"], tokens: "bxgc", places: 3, until: "xgc" }]);
    expect(rounded(weights)).toEqual([0.72, 0.08, 0.2]);
  });

  test("asks for a place that is far by itself: nothing between can be chosen", async () => {
    const { weights, requests } = await read(["booking-a", "booking-b", "c"], {
      "{": { b: 0.8, c: 0.2 },
      "{booking-": { a: 0.5, b: 0.5 },
    });
    expect(requests.map(({ paths, places }) => [paths, places])).toEqual([
      [["{"], 1],
      [["{booking-"], 1],
    ]);
    expect(rounded(weights)).toEqual([0.4, 0.4, 0.2]);
  });

  test("reads other names with mass that begin alike in one request more, all of a depth", async () => {
    const { weights, requests } = await read(["ax", "ay", "bx", "by", "cx", "cy"], {
      "{": { a: 0.5, b: 0.3, c: 0.2 },
      "{a": { x: 0.25, y: 0.75 },
      "{b": { x: 1 },
      "{c": { y: 1 },
    });
    expect(rounded(weights)).toEqual([0.125, 0.375, 0.3, 0, 0, 0.2]);
    expect(requests.map(({ paths, places }) => [paths, places])).toEqual([
      [["{"], 2],
      [["{b", "{c"], 1],
    ]);
  });

  test("reads on where the model leaves what names say", async () => {
    const { weights, outside, requests } = await read(["box", "bog"], {
      "{bo": { "?": 0.6, x: 0.3, g: 0.1 },
    });
    expect(rounded(weights)).toEqual([0.3, 0.1]);
    expect(outside).toBeCloseTo(0.6);
    expect(requests).toHaveLength(1);
    const strayed = await read(["box", "bog", "c"], { "{": { b: 0.9 }, "{b": { "?": 1 }, "{bo": { x: 1 } });
    expect(strayed.requests.map(({ paths }) => paths)).toEqual([["{"], ["{bo"]]);
    expect(rounded(strayed.weights)).toEqual([0.9, 0, 0]);
  });

  test("does not stop at a token that leads to one name and goes on to others", async () => {
    const { weights, requests } = await read(["xa", "axb", "axc"], {
      "{": { a: 0.7, x: 0.3 },
      "{a": { x: 1 },
      "{ax": { b: 0.1, c: 0.9 },
    });
    expect(requests).toEqual([{ paths: ["{"], tokens: "xabc", places: 3, until: "bc" }]);
    expect(rounded(weights)).toEqual([0.3, 0.07, 0.63]);
  });

  test("asks about each place by itself when all tokens together are more than a request may name", async () => {
    const names = Array.from({ length: 130 }, (_, index) => `a${String.fromCharCode(1000 + index)}`);
    const { requests } = await read([...names, "b"], { "{": { a: 0.6, b: 0.4 }, "{a": { [names[7]![1]!]: 1 } });
    expect(requests.map(({ places, until }) => [places, until])).toEqual([
      [1, ""],
      [1, ""],
    ]);
  });

  test("tells a name from a longer one by the token that ends it", async () => {
    const { weights } = await read(["ab", "abc", "x"], {
      "{": { a: 0.9, x: 0.1 },
      "{a": { b: 1 },
      "{ab": { "}": 0.3, c: 0.7 },
    });
    expect(rounded(weights)).toEqual([0.27, 0.63, 0.1]);
  });

  test("does not ask again for little mass; its options share it", async () => {
    const { weights, requests } = await read(["ax", "ay", "b"], { "{": { a: 0.08, b: 0.92 } });
    expect(rounded(weights)).toEqual([0.04, 0.04, 0.92]);
    expect(requests).toHaveLength(1);
  });

  test("asks again for the little mass of what the model would write: it has to be known", async () => {
    const firsts = Array.from({ length: 19 }, (_, index) => String.fromCharCode(code("b") + index));
    const names = firsts.flatMap((first) => [`${first}-far-from-here-x`, `${first}-far-from-here-y`]);
    const share = (first: string) => [first, first === "e" ? 0.06 : 0.05] as const;
    const { written, weights, requests } = await read(names, {
      "{": Object.fromEntries(firsts.map(share)),
      "{e-far-from-here-": { y: 0.9, x: 0.1 },
    });
    expect(requests.map(({ paths }) => paths)).toEqual([["{"], ["{e-far-from-here-"]]);
    expect(written).toBe(names.indexOf("e-far-from-here-y"));
    expect(weights[written ?? 0]).toBeCloseTo(0.054);
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
    const result = await readTree(tree, 2, (paths, { tokens }) => {
      asked.push([...tokens]);
      return Promise.resolve({
        kind: "answered",
        value: paths.map(() => place([2, 0.7], [5, 0.3])),
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
      Promise.resolve({ kind: "answered", value: paths.map(() => place([2, 0.8], [3, 0.2])) }),
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
