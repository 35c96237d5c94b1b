import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTokenizer } from "./tokenizer.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as unknown;
const definition = read("../../models/set-router/tokenizer.json") as object;
const golden = read("../../../test/fixtures/tokenizer-golden.json") as { text: string; ids: number[] }[];

test("ids are those of the reference tokenizer, in every script and for odd characters", () => {
  const tokenize = createTokenizer(definition, 512);
  expect(golden.length).toBeGreaterThan(50);
  for (const { text, ids } of golden) expect(tokenize(text), JSON.stringify(text)).toEqual(ids);
});

test("a long text keeps its beginning and its end within the bound", () => {
  const tokenize = createTokenizer(definition, 16);
  const ids = tokenize(`first ${"word ".repeat(100)}last`);
  expect(ids).toHaveLength(16);
  expect(ids.slice(0, 2)).toEqual(tokenize("first").slice(0, 2));
  expect(ids.slice(-2)).toEqual(tokenize("last").slice(-2));
});

test("half a surrogate pair is no reason to fail", () => {
  expect(createTokenizer(definition, 16)("ok \ud83d")).toHaveLength(3);
});
