import { expect, test } from "vitest";
import { isCatchAll, phrasesOf } from "./policy-text.ts";

test("a description is cut into the things it names, without what it excludes", () => {
  expect(phrasesOf("Find risky clauses in a contract; not for drafting")).toEqual(["Find risky clauses in a contract"]);
  expect(phrasesOf("Plan a journey: flights, trains, hotels")).toEqual([
    "Plan a journey",
    "flights",
    "trains",
    "hotels",
  ]);
  expect(phrasesOf("")).toEqual([]);
});

test.each(["Any other legal question", "Anything else about pets", "General questions", "Everything else"])(
  "%j takes what its siblings leave",
  (description) => expect(isCatchAll(description)).toBe(true),
);

test.each(["Find other flights", "Draft any contract", "Generate code"])("%j does not", (description) => {
  expect(isCatchAll(description)).toBe(false);
});
