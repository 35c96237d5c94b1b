import { describe, expect, it } from "vitest";
import { planMigrations } from "./history.ts";

const FILES = [
  { name: "0001_roles.sql", sql: "create role a" },
  { name: "0002_tables.sql", sql: "create table b ()" },
];

function applied(count: number): { position: number; name: string; sha256: string }[] {
  return planMigrations(FILES, [])
    .slice(0, count)
    .map(({ position, name, sha256 }) => ({ position, name, sha256 }));
}

describe("the plan of migrations", () => {
  it("runs every file in order on a new database", () => {
    expect(planMigrations([...FILES].reverse(), []).map((file) => file.name)).toEqual([
      "0001_roles.sql",
      "0002_tables.sql",
    ]);
  });

  it("runs only what has not run", () => {
    expect(planMigrations(FILES, applied(1)).map((file) => file.position)).toEqual([2]);
    expect(planMigrations(FILES, applied(2))).toEqual([]);
  });

  it("refuses a file that was edited after it ran", () => {
    const edited = [{ name: "0001_roles.sql", sql: "create role c" }, ...FILES.slice(1)];
    expect(() => planMigrations(edited, applied(1))).toThrow("0001_roles.sql was edited after it ran");
  });

  it("does not take other line endings for an edit", () => {
    const lines = (ending: string) => [
      { name: "0001_roles.sql", sql: `create role a;${ending}create role b;${ending}` },
    ];
    const [first] = planMigrations(lines("\n"), []);
    expect(planMigrations(lines("\r\n"), first === undefined ? [] : [first])).toEqual([]);
  });

  it.each([
    ["a gap", [...FILES, { name: "0004_later.sql", sql: "" }], "0004_later.sql is out of order"],
    ["a number twice", [...FILES, { name: "0002_also.sql", sql: "" }], "out of order"],
    ["another name form", [...FILES, { name: "3_later.sql", sql: "" }], "is not named like"],
  ])("refuses %s", (_, files, message) => {
    expect(() => planMigrations(files, [])).toThrow(message);
  });

  it("refuses a file put before one that has run", () => {
    const files = [FILES[0], { name: "0002_also.sql", sql: "" }, { name: "0003_tables.sql", sql: "create table b ()" }];
    expect(() =>
      planMigrations(
        files.filter((file) => file !== undefined),
        applied(2),
      ),
    ).toThrow("0002_also.sql stands where 0002_tables.sql has already run");
  });

  it("refuses a database that is ahead of the files", () => {
    expect(() => planMigrations(FILES.slice(0, 1), applied(2))).toThrow("0002_tables.sql has run here");
  });
});
