import { expect, test } from "vitest";
import type { Encoder } from "./encoder.ts";
import { createTurnEncodings } from "./turn-encodings.ts";

/** Encodes every text to the same vector and keeps the list of what it was asked. */
function listening() {
  const asked: string[] = [];
  const encoder: Pick<Encoder, "encode"> = {
    encode: (text) => {
      asked.push(text);
      const pooled = new Float32Array(100);
      return Promise.resolve({ pooled, tokens: { values: new Float32Array(200), count: 2, width: 100 } });
    },
  };
  return { asked, encoder };
}

test("a text is encoded once for each isolation token", async () => {
  const { asked, encoder } = listening();
  const turns = createTurnEncodings(encoder, 1_000_000);
  for (const isolation of ["a", "a", "b"]) await turns.encode("hello", isolation);
  expect(asked).toEqual(["hello", "hello"]);
});

test("what was encoded whole serves for its pooled vector", async () => {
  const { asked, encoder } = listening();
  const turns = createTurnEncodings(encoder, 1_000_000);
  await turns.encode("hello", "a");
  await turns.encodePooled("hello", "a");
  expect(asked).toEqual(["hello"]);
});

test("the oldest go when the bound is passed, those in use stay", async () => {
  const { asked, encoder } = listening();
  const turns = createTurnEncodings(encoder, 4_000);
  await turns.encode("one", "");
  await turns.encode("two", "");
  await turns.encode("one", "");
  await turns.encode("three", "");
  await turns.encode("one", "");
  await turns.encode("two", "");
  expect(asked).toEqual(["one", "two", "three", "two"]);
});
