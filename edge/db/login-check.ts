import { sql } from "drizzle-orm";
import { pgSchema, boolean, text } from "drizzle-orm/pg-core";
import type { Databases } from "./client.ts";

const pgRoles = pgSchema("pg_catalog").table("pg_roles", {
  name: text("rolname").notNull(),
  superuser: boolean("rolsuper").notNull(),
  bypassesRls: boolean("rolbypassrls").notNull(),
});

const EDGE_CHECK =
  "select rolsuper or rolbypassrls as privileged from pg_catalog.pg_roles where rolname = current_user";

/** Whether a login could pass row-level security, as console-made roles of hosted databases can. One query each. */
export async function privilegedLogins(db: Databases): Promise<boolean> {
  const [edge, api] = await Promise.all([
    db.edge.query<{ privileged: boolean }>(EDGE_CHECK, []),
    db.api.read({ operator: true }, (reader) =>
      reader
        .select({ privileged: sql<boolean>`${pgRoles.superuser} or ${pgRoles.bypassesRls}` })
        .from(pgRoles)
        .where(sql`${pgRoles.name} = current_user`),
    ),
  ]);
  return [...edge, ...api].some((row) => row.privileged);
}
