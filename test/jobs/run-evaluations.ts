import { createDatabases } from "../../edge/db/client.ts";
import { createEdgeDatabase } from "../../edge/db/edge-database.ts";
import { createDecider, type Decider } from "../../edge/decider/decider.ts";
import type { Env } from "../../edge/env.ts";
import { runEvaluations } from "../../edge/jobs/run-evaluations.ts";
import { sleep } from "../../edge/sleep.ts";
import { stack } from "../stack/provided.ts";

/** The decider of the shared stack's inference service. */
export function stackDecider(): Decider {
  const { inferenceUrl, inferenceToken } = stack();
  const env = { INFERENCE_URL: inferenceUrl, INFERENCE_TOKEN: inferenceToken, SIGNING_SECRET: "s".repeat(32) };
  return createDecider({ env, fetch, now: () => Date.now(), log: () => undefined, sleep });
}

/** Runs every running evaluation as the jobs' role, to the end or while `inTime` says so. */
export async function runAll(decider: Pick<Decider, "decide"> = stackDecider(), inTime = () => true): Promise<void> {
  const { edgeUrl, apiUrl, jobsUrl, httpEndpoint, wsProxy } = stack();
  createDatabases({
    DATABASE_URL_EDGE: edgeUrl,
    DATABASE_URL_API: apiUrl,
    DATABASE_HTTP_ENDPOINT: httpEndpoint,
    DATABASE_WS_PROXY: wsProxy,
  } as Env);
  await runEvaluations({ jobs: createEdgeDatabase(jobsUrl), decider, log: () => undefined }, inTime);
}
