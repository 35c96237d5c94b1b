import type { FieldDef, PoolClient, QueryArrayResult, QueryResult } from "pg";
import type { OutputModes, QueryRequest, Statement } from "./query-request.ts";

interface StatementResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly unknown[];
  readonly fields: readonly FieldDef[];
  readonly rowAsArray: boolean;
}

const RAW_TEXT = { getTypeParser: () => (text: string) => text };

/** Runs a request on a connection of its own and gives the body of the answer. Throws PostgreSQL's error. */
export async function runQuery(
  client: PoolClient,
  request: QueryRequest,
): Promise<StatementResult | { results: StatementResult[] }> {
  if (request.kind === "single") return runStatement(client, request.statement, request.modes);
  await client.query(request.begin);
  try {
    const results: StatementResult[] = [];
    for (const statement of request.statements) results.push(await runStatement(client, statement, request.modes));
    await client.query("COMMIT");
    return { results };
  } catch (error) {
    // A connection that cannot roll back is closed by its caller, which rolls back too.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function runStatement(client: PoolClient, statement: Statement, modes: OutputModes): Promise<StatementResult> {
  const query = {
    text: statement.query,
    values: statement.params,
    // One statement a message, as Neon's endpoint holds it: the simple protocol would take several.
    queryMode: "extended",
    ...(modes.rawText ? { types: RAW_TEXT } : {}),
  };
  const result: QueryResult | QueryArrayResult = modes.array
    ? await client.query({ ...query, rowMode: "array" })
    : await client.query(query);
  const { command, rowCount, rows, fields } = result;
  return { command, rowCount, rows, fields, rowAsArray: modes.array };
}
