import { createDatabases } from "../../edge/db/client.ts";
import { createEdgeDatabase } from "../../edge/db/edge-database.ts";
import type { Env } from "../../edge/env.ts";
import { stack } from "../stack/provided.ts";

type Database = ReturnType<typeof createEdgeDatabase>;

/** The shared stack's database as the jobs' role. */
export function jobsDatabase(): Database {
  edgeDatabase();
  return createEdgeDatabase(stack().jobsUrl);
}

/** The shared stack's database as the edge's role; through what stands before its bridge, where something does. */
export function edgeDatabase(httpEndpoint: string = stack().httpEndpoint): Database {
  const { edgeUrl, apiUrl, wsProxy } = stack();
  // Points the driver at the bridge, for the jobs' login too.
  const { edge } = createDatabases({
    DATABASE_URL_EDGE: edgeUrl,
    DATABASE_URL_API: apiUrl,
    DATABASE_HTTP_ENDPOINT: httpEndpoint,
    DATABASE_WS_PROXY: wsProxy,
  } as Env);
  return edge;
}
