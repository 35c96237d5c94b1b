import { neonConfig } from "@neondatabase/serverless";
import type { Env } from "../env.ts";
import { createApiDatabase, type ApiDatabase } from "./api-database.ts";
import { createEdgeDatabase, type EdgeDatabase } from "./edge-database.ts";

export type { ApiDatabase, Reader, Transaction } from "./api-database.ts";
export type { EdgeDatabase } from "./edge-database.ts";
export type { DbScope } from "./tenant-scope.ts";

/** The logins of the worker. Nothing else of it can do more than these roles may. */
export interface Databases {
  readonly edge: EdgeDatabase;
  readonly api: ApiDatabase;
  /** As role `signalbox_jobs`; null where this deployment runs no jobs. */
  readonly jobs: EdgeDatabase | null;
}

/** Connects through Neon's own endpoints, or through the bridge that the environment names. */
export function createDatabases(env: Env): Databases {
  // The driver reads these from one global object; an isolate has one environment, so they are set once.
  if (env.DATABASE_HTTP_ENDPOINT !== undefined) neonConfig.fetchEndpoint = env.DATABASE_HTTP_ENDPOINT;
  if (env.DATABASE_WS_PROXY !== undefined) {
    neonConfig.wsProxy = env.DATABASE_WS_PROXY;
    neonConfig.useSecureWebSocket = false;
    // PostgreSQL behind a bridge asks for SCRAM, which cannot be sent ahead of its challenge.
    neonConfig.pipelineConnect = false;
  }
  return {
    edge: createEdgeDatabase(env.DATABASE_URL_EDGE),
    api: createApiDatabase(env.DATABASE_URL_API),
    jobs: env.DATABASE_URL_JOBS === undefined ? null : createEdgeDatabase(env.DATABASE_URL_JOBS),
  };
}
