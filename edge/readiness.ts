import type { Deps } from "./deps.ts";
import { privilegedLogins } from "./db/login-check.ts";

/** Names what keeps this worker from serving: `database`, `database roles` (too much power) or `inference`. */
export async function readiness(deps: Deps): Promise<string[]> {
  const [database, inference] = await Promise.all([databaseState(deps), deps.decider.ping()]);
  return [...(database === null ? [] : [database]), ...(inference ? [] : ["inference"])];
}

async function databaseState(deps: Deps): Promise<string | null> {
  try {
    return (await privilegedLogins(deps.db)) ? "database roles" : null;
  } catch {
    return "database";
  }
}
