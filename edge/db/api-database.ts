import { Client, neon } from "@neondatabase/serverless";
import { DrizzleQueryError, type ExtractTablesWithRelations } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { drizzle as drizzleOverHttp, type NeonHttpDatabase } from "drizzle-orm/neon-http";
import { drizzle as drizzleOverSocket, type NeonQueryResultHKT } from "drizzle-orm/neon-serverless";
import type { PgTransaction } from "drizzle-orm/pg-core";
import { sleep } from "../sleep.ts";
import { databaseFailure } from "./database-failure.ts";
import { scopeStatement, type DbScope } from "./tenant-scope.ts";

type NoSchema = Record<string, never>;

/** What a store needs to build a select; `read` and a transaction both give one. */
export type Reader = Pick<NeonHttpDatabase, "select">;
export type Transaction = PgTransaction<NeonQueryResultHKT, NoSchema, ExtractTablesWithRelations<NoSchema>>;

/**
 * Management's access, as role `signalbox_api`: row-level security shows the rows of `scope` and no others. Throws a
 * ServiceError when the database cannot answer, a QueryFailure when it refuses; what `work` throws passes through.
 */
export interface ApiDatabase {
  /** One query, one HTTP round trip. */
  read<Query extends BatchItem<"pg">>(scope: DbScope, build: (db: Reader) => Query): Promise<Query["_"]["result"]>;
  /** Several queries as one transaction, over a connection that lives as long as the call; rolled back on a throw. */
  transaction<T>(scope: DbScope, work: (tx: Transaction) => Promise<T>): Promise<T>;
}

const CONNECT_LIMIT_MS = 5_000;
const QUERY_LIMIT_MS = 20_000;
const GOODBYE_LIMIT_MS = 1_000;

export function createApiDatabase(connectionString: string): ApiDatabase {
  const http = drizzleOverHttp({ client: neon(connectionString) });
  return {
    async read(scope, build) {
      try {
        const [, rows] = await http.batch([http.execute(scopeStatement(scope)), build(http)]);
        return rows;
      } catch (error) {
        throw databaseFailure(error);
      }
    },
    transaction: (scope, work) => transaction(connectionString, scope, work),
  };
}

async function transaction<T>(
  connectionString: string,
  scope: DbScope,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
  });
  // A connection that breaks also fails the query under way, and that is where it is reported.
  client.on("error", () => undefined);
  await client.connect().catch((error: unknown) => {
    throw databaseFailure(error);
  });
  try {
    return await drizzleOverSocket({ client }).transaction(async (tx) => {
      await tx.execute(scopeStatement(scope));
      return work(tx);
    });
  } catch (error) {
    throw error instanceof DrizzleQueryError ? databaseFailure(error) : error;
  } finally {
    await sayGoodbye(client);
  }
}

/** A server that does not answer a goodbye holds nobody up. */
async function sayGoodbye(client: Client): Promise<void> {
  const said = new AbortController();
  await Promise.race([client.end().catch(() => undefined), sleep(GOODBYE_LIMIT_MS, said.signal)]);
  said.abort();
}
