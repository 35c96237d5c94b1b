import fc from "fast-check";
import { describe, it } from "vitest";
import { PROPERTIES } from "./properties.ts";

/** Cases of each property in every run of the tests; `npm run fuzz` goes on where these end. */
const CASES = 400;

describe("generated cases", () => {
  it.each(PROPERTIES.map(({ name, property }) => [name, property] as const))("%s", async (_name, property) => {
    await fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns: CASES });
  });
});
