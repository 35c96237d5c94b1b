import { describe, expect, it } from "vitest";
import { idTime, isId, makeId } from "./ids.ts";

describe("an id", () => {
  it("tells its kind and its time", () => {
    const id = makeId("decision", 1_795_577_989_000, () => 0.5);
    expect(isId("decision", id)).toBe(true);
    expect(isId("key", id)).toBe(false);
    expect(idTime(id)).toBe(1_795_577_989_000);
  });

  it.each([
    ["in capitals", "dec_01M88CKJFKZWWFYYXAHXRWWEYA"],
    ["with a letter that is none of its alphabet", "dec_01m88ckjfkzwwfyyxahxrwweyu"],
    ["too short", "dec_01m88ckjfkzwwfyyxahxrwwey"],
    ["of a time without a date", "dec_7zzzzzzzzzzzzzzzzzzzzzzzzz"],
  ])("is none %s", (_what, text) => {
    expect(isId("decision", text)).toBe(false);
  });
});
