import pg from "pg";
import { stack } from "../stack/provided.ts";

export type LoginName = "admin" | "edge" | "api" | "jobs";

/** A connection as one of the roles; `close` it in `afterAll`. */
export async function connect(login: LoginName): Promise<pg.Client> {
  const { adminUrl, edgeUrl, apiUrl, jobsUrl } = stack();
  const connectionString = { admin: adminUrl, edge: edgeUrl, api: apiUrl, jobs: jobsUrl }[login];
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Runs `work` in a transaction that sees one tenant (null: none), and rolls it back. */
export async function inScope<T>(client: pg.Client, tenantId: string | null, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    if (tenantId !== null) await client.query("SELECT set_config('app.tenant_id', $1, true)", [tenantId]);
    return await work();
  } finally {
    await client.query("ROLLBACK");
  }
}

/** How many rows a statement changed, or the SQLSTATE that it is refused with. */
export async function changes(client: pg.Client, text: string): Promise<number | string | null> {
  let count: number | null = null;
  const code = await refusal(client.query(text).then((result) => (count = result.rowCount)));
  return code ?? count;
}

/** The SQLSTATE that a query is refused with; null when it is not. */
export async function refusal(query: Promise<unknown>): Promise<string | null> {
  try {
    await query;
    return null;
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? "none") : String(error);
  }
}

/** The rows of a query. */
export async function rows<T = Record<string, unknown>>(
  client: pg.Client,
  text: string,
  params: readonly unknown[] = [],
): Promise<T[]> {
  return (await client.query(text, [...params])).rows as T[];
}
