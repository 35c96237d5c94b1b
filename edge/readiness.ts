import type { Deps } from "./deps.ts";
import { privilegedLogins } from "./db/login-check.ts";

/**
 * Names what keeps this worker from serving: `database`, `database roles` (too much power), `inference`, or `process`
 * when its host is about to end it.
 */
export async function readiness(deps: Deps): Promise<string[]> {
  const [database, inference, leaving] = await Promise.all([databaseState(deps), deps.decider.ping(), isLeaving(deps)]);
  return [
    ...(database === null ? [] : [database]),
    ...(inference ? [] : ["inference"]),
    ...(leaving ? ["process"] : []),
  ];
}

async function isLeaving({ env }: Deps): Promise<boolean> {
  if (env.PROCESS_STATE === null) return false;
  const file = await env.PROCESS_STATE.fetch("http://state/leaving");
  await file.body?.cancel();
  return file.ok;
}

async function databaseState(deps: Deps): Promise<string | null> {
  try {
    return (await privilegedLogins(deps.db)) ? "database roles" : null;
  } catch {
    return "database";
  }
}
