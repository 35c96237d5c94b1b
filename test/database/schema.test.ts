import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../edge/db/schema.ts";
import { connect, rows } from "./connect.ts";
import { tablesOf } from "./tables.ts";

const TABLES = Object.values(schema)
  .filter((value) => is(value, PgTable))
  .map((table) => getTableConfig(table));

describe("the schema that queries are written against", () => {
  let admin: pg.Client;
  beforeAll(async () => {
    admin = await connect("admin");
  });
  afterAll(() => admin.end());

  it("names every table of the database and no other", async () => {
    const inDatabase = (await tablesOf(admin)).filter(({ partition }) => !partition).map(({ name }) => name);
    expect(TABLES.map(({ name }) => name).sort()).toEqual(inDatabase.sort());
    expect(TABLES.filter((table) => table.schema !== "signalbox")).toEqual([]);
  });

  it.each(TABLES.map((table) => [table.name, table] as const))("describes %s as it is", async (name, table) => {
    const columns = await rows<{ name: string; type: string; required: boolean; given: boolean }>(
      admin,
      `SELECT column_name AS name, CASE data_type WHEN 'ARRAY' THEN substr(udt_name, 2) || '[]' ELSE data_type END AS type,
         is_nullable = 'NO' AS required, column_default IS NOT NULL AS given
       FROM information_schema.columns WHERE table_schema = 'signalbox' AND table_name = $1`,
      [name],
    );
    const described = table.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      required: column.notNull,
      given: column.hasDefault,
    }));
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    expect(described.sort(byName)).toEqual(columns.sort(byName));

    const [key] = await rows<{ columns: string[] }>(
      admin,
      `SELECT array_agg(a.attname::text ORDER BY array_position(c.conkey, a.attnum)) AS columns
       FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
       WHERE c.conrelid = ('signalbox.' || $1)::regclass AND c.contype = 'p'`,
      [name],
    );
    const composite = table.primaryKeys.flatMap(({ columns: keys }) => keys.map((column) => column.name));
    const single = table.columns.filter((column) => column.primary).map((column) => column.name);
    expect([...composite, ...single]).toEqual(key?.columns);
  });
});
