import { describe, expect, it } from "vitest";
import { policySegment, turnSegment } from "./segment.ts";

const CLS = 101;
const SEP = 102;
/** `"3"` becomes three tokens 1, 2, 3. */
const tokenize = (text: string): number[] => [CLS, ...Array.from({ length: Number(text) }, (_, i) => i + 1), SEP];

describe("turnSegment", () => {
  it("puts the assistant's turn behind the user's", () => {
    expect(turnSegment(tokenize, "2", "1")).toEqual({ ids: [CLS, 1, 2, SEP, 1, SEP], first: 2, second: 1 });
  });

  it("has one part when there is no assistant's turn", () => {
    expect(turnSegment(tokenize, "2", "")).toEqual({ ids: [CLS, 1, 2, SEP], first: 2, second: 0 });
  });

  it("keeps the start and the end of a long user turn, and the end of a long assistant's turn", () => {
    const { ids, first, second } = turnSegment(tokenize, "1000", "500");
    expect([first, second]).toEqual([96, 24]);
    expect(ids.slice(64, 66)).toEqual([64, 969]);
    expect(ids.slice(96, 99)).toEqual([1000, SEP, 477]);
    expect(ids).toHaveLength(123);
  });

  it("takes a turn without a single token", () => {
    expect(turnSegment(tokenize, "0", "")).toEqual({ ids: [CLS, SEP], first: 0, second: 0 });
  });
});

describe("policySegment", () => {
  it("keeps the start of a long policy", () => {
    const { ids, first } = policySegment(tokenize, "200");
    expect([ids.length, ids[64], first]).toEqual([66, 64, 64]);
  });
});
