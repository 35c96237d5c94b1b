import { describe, expect, it } from "vitest";
import { difference } from "./difference.ts";

describe("the difference an audit row holds", () => {
  it("names only what changed, as deep as it can", () => {
    const before = { name: "a", targets: { code: { model: "x", drop: ["seed"] } }, list: [1, 2] };
    const after = { name: "a", targets: { code: { model: "y", drop: ["seed"] } }, list: [1, 2, 3] };
    expect(difference(before, after)).toEqual({
      "/targets/code/model": { from: "x", to: "y" },
      "/list/2": { from: null, to: 3 },
    });
  });

  it("lists every field of something new and of something gone", () => {
    expect(difference({}, { slug: "a", base_url: null })).toEqual({ "/slug": { from: null, to: "a" } });
    expect(difference({ slug: "a" }, {})).toEqual({ "/slug": { from: "a", to: null } });
  });

  it("tells a change of kind from a change inside", () => {
    expect(difference({ a: [1] }, { a: { 0: 1 } })).toEqual({ "/a": { from: [1], to: { 0: 1 } } });
    expect(difference({ a: { b: 1 } }, { a: null })).toEqual({ "/a": { from: { b: 1 }, to: null } });
  });

  it("is empty for equal values, and reads own members only", () => {
    expect(difference({ a: [{ b: 1 }] }, { a: [{ b: 1 }] })).toEqual({});
    expect(difference({}, { constructor: "x" })).toEqual({ "/constructor": { from: null, to: "x" } });
  });
});
