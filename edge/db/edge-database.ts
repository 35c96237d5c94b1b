import { neon } from "@neondatabase/serverless";
import { databaseFailure } from "./database-failure.ts";

/** The hot path's access, as role `signalbox_edge`: some functions may be called, no table read. */
export interface EdgeDatabase {
  /**
   * One statement, one HTTP round trip. `params` are PostgreSQL's `$1…`; `signal` gives up waiting. Throws a
   * ServiceError when the database cannot answer, a QueryFailure when it refuses.
   */
  query<T>(text: string, params: readonly unknown[], options?: { readonly signal?: AbortSignal }): Promise<T[]>;
}

export function createEdgeDatabase(connectionString: string): EdgeDatabase {
  const sql = neon(connectionString);
  return {
    async query<T>(
      text: string,
      params: readonly unknown[],
      options: { readonly signal?: AbortSignal } = {},
    ): Promise<T[]> {
      const fetchOptions = options.signal === undefined ? {} : { signal: options.signal };
      try {
        return (await sql.query(text, [...params], { fetchOptions })) as T[];
      } catch (error) {
        throw databaseFailure(error);
      }
    },
  };
}
