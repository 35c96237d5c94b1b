import type pg from "pg";
import { rows } from "../database/connect.ts";
import { OPERATOR_TABLES, tablesOf, WITHOUT_TENANT } from "../database/tables.ts";

/** A tenant's rows as JSON text, by table; of every table that holds tenants' rows, read from the catalogue. */
export type TenantRows = ReadonlyMap<string, readonly string[]>;

/** All that the database holds of a tenant, in a fixed order. */
export async function tenantRows(admin: pg.Client, tenantId: string): Promise<TenantRows> {
  const tables = await tablesOf(admin);
  const found = new Map<string, readonly string[]>();
  for (const { name, hasTenant, partition } of tables) {
    if (partition || [...OPERATOR_TABLES, ...WITHOUT_TENANT].includes(name)) continue;
    const column = hasTenant ? "tenant_id" : "id";
    const text = `SELECT to_jsonb(t)::text AS row FROM signalbox.${name} t WHERE ${column} = $1 ORDER BY 1`;
    const held = await rows<{ row: string }>(admin, text, [tenantId]);
    found.set(
      name,
      held.map(({ row }) => row),
    );
  }
  return found;
}

const INSTANT = /^\d{4}-\d\d-\d\d/;
/** Shorter texts, such as a currency, turn up in anything. */
const MIN_LENGTH = 5;

/** Ids, slugs and texts that one tenant's rows hold and the other's do not. */
export function tellTales(own: TenantRows, other: TenantRows): string[] {
  const common = new Set(texts(other));
  return [...new Set(texts(own))].filter(
    (text) => text.length >= MIN_LENGTH && !INSTANT.test(text) && !common.has(text),
  );
}

function texts(held: TenantRows): string[] {
  return [...held.values()].flat().flatMap((row) => leaves(JSON.parse(row)));
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...leaves(item)]);
}
