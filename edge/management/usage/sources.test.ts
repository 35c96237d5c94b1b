import { describe, expect, it } from "vitest";
import { sourcesOf } from "./sources.ts";

const at = (time: string): string => `2026-06-15T${time}.000Z`;
const span = (from: string, to: string) => ({ from: at(from), to: at(to) });

describe("usage of a time", () => {
  it.each([
    ["of whole hours comes from sums", span("10:00:00", "13:00:00"), [], span("10:00:00", "13:00:00"), []],
    [
      "of parts of hours comes from rows at both ends",
      span("10:30:00", "13:20:00"),
      [],
      span("11:00:00", "13:00:00"),
      [span("10:30:00", "11:00:00"), span("13:00:00", "13:20:00")],
    ],
    [
      "within one hour comes from rows",
      span("10:10:00", "10:20:00"),
      ["10:00:00"],
      span("11:00:00", "11:00:00"),
      [span("10:10:00", "10:20:00")],
    ],
    [
      "across one full hour alone comes from rows",
      span("10:10:00", "11:20:00"),
      [],
      span("11:00:00", "11:00:00"),
      [span("10:10:00", "11:20:00")],
    ],
    [
      "whose sums are old comes from rows, hours in a row as one",
      span("10:00:00", "16:30:00"),
      ["11:00:00", "12:00:00", "15:00:00", "16:00:00"],
      span("10:00:00", "16:00:00"),
      [span("11:00:00", "13:00:00"), span("15:00:00", "16:30:00")],
    ],
  ])("%s", (_name, asked, stale, sums, rows) => {
    const sources = sourcesOf(asked, stale.map(at));
    expect(sources.sums).toMatchObject(sums);
    expect(sources.rows).toEqual(rows);
  });

  it("is read once, whatever is stale: each hour from sums or from rows", () => {
    const stale = ["03:00:00", "04:00:00", "09:00:00", "23:00:00"].map(at);
    const { sums, rows } = sourcesOf(span("00:15:00", "23:59:59"), stale);
    const hours = (Date.parse(sums.to) - Date.parse(sums.from)) / 3_600_000 - sums.except.length;
    const read = rows.reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), hours * 3_600_000);
    expect(read).toBe(Date.parse(at("23:59:59")) - Date.parse(at("00:15:00")));
  });
});
