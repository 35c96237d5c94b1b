import { describe, expect, it } from "vitest";
import { isId } from "../ids.ts";
import { decodeCursor, encodeCursor, listed } from "./page.ts";

const KEY = "key_01k9zq3m8v7x5t2r4w6y8a0b1c";

const isKey = (id: string): boolean => isId("key", id);

describe("pages of a list", () => {
  it("read a cursor back as the id it was made of", () => {
    expect(decodeCursor(isKey, encodeCursor(KEY))).toBe(KEY);
  });

  it.each([
    ["another list's", encodeCursor(KEY.replace("key_", "rtr_"))],
    ["an empty", ""],
    ["a made-up", "nonsense"],
    ["a padded", `${encodeCursor(KEY)}==`],
    ["a cut", encodeCursor(KEY).slice(0, -4)],
    ["a huge", "a".repeat(10_000)],
    ["a non-ASCII", "cursör-cursör"],
  ])("refuse %s cursor", (_name, cursor) => {
    expect(decodeCursor(isKey, cursor)).toBeNull();
  });

  it("show the limit and say where the rest begins", () => {
    const rows = [{ id: "key_c" }, { id: "key_b" }, { id: "key_a" }];
    const view = (row: { id: string }): string => row.id;
    const page = listed(rows, { limit: 2, after: null }, view);
    expect(page.data).toEqual(["key_c", "key_b"]);
    expect(page.next_cursor).toBe(encodeCursor("key_b"));
    expect(listed(rows, { limit: 3, after: null }, view).next_cursor).toBeNull();
    expect(listed([], { limit: 3, after: null }, view)).toEqual({ data: [], next_cursor: null });
  });
});
