import { expect, test } from "vitest";
import { ok, refuse } from "../../errors.ts";
import { createShortlist } from "./shortlist.ts";

const policies = ["a", "b", "c", "d"].map((name) => ({ name, description: "" }));
const input = { conversation: [], isolation: "", signal: new AbortController().signal };
const prepare = () => Promise.resolve(ok("digest"));

test("the likeliest policies are kept, in published order; `other` is none of them", async () => {
  const scores = [0.1, 0.3, 0.05, 0.15].map((probability, index) => ({ policy: policies[index]!.name, probability }));
  const decide = () =>
    Promise.resolve(
      ok({ scores: [...scores, { policy: null, probability: 0.4 }], engine: "e@1", escalated: false, timings: {} }),
    );
  expect(await createShortlist({ decide, prepare }).choose(policies, input, 2)).toEqual(ok([1, 3]));
});

test("a refusal is passed on", async () => {
  const refused = refuse("overloaded", "Busy.");
  const shortlist = createShortlist({ decide: () => Promise.resolve(refused), prepare });
  expect(await shortlist.choose(policies, input, 2)).toEqual(refused);
});
