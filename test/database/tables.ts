import type pg from "pg";
import { rows } from "./connect.ts";

export interface TableFacts {
  readonly name: string;
  readonly partition: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly hasTenant: boolean;
}

/** Every table of the schema, read from the catalogue: a table that a later migration adds is in it. */
export function tablesOf(admin: pg.Client): Promise<TableFacts[]> {
  return rows<TableFacts>(
    admin,
    `SELECT c.relname AS name, c.relispartition AS partition, c.relrowsecurity AS enabled,
       c.relforcerowsecurity AS forced, EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
       ) AS "hasTenant"
     FROM pg_class c WHERE c.relnamespace = 'signalbox'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
}

/** Tables that say nothing of any tenant. */
export const WITHOUT_TENANT = ["decision_retention", "telemetry_state"];

/** Tables about tenants that only the operator reads, or nobody but a job. */
export const OPERATOR_TABLES = ["dead_letters", "operator_audit_log", "operator_idempotency_keys", "telemetry_queue"];
