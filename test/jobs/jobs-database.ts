import { createDatabases } from "../../edge/db/client.ts";
import { createEdgeDatabase } from "../../edge/db/edge-database.ts";
import type { Env } from "../../edge/env.ts";
import { stack } from "../stack/provided.ts";

/** The shared stack's database as the jobs' role. */
export function jobsDatabase(): ReturnType<typeof createEdgeDatabase> {
  const { edgeUrl, apiUrl, jobsUrl, httpEndpoint, wsProxy } = stack();
  // Points the driver at the bridge, for the jobs' login too.
  createDatabases({
    DATABASE_URL_EDGE: edgeUrl,
    DATABASE_URL_API: apiUrl,
    DATABASE_HTTP_ENDPOINT: httpEndpoint,
    DATABASE_WS_PROXY: wsProxy,
  } as Env);
  return createEdgeDatabase(jobsUrl);
}
