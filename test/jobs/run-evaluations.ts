import { createDecider, type Decider } from "../../edge/decider/decider.ts";
import { runEvaluations } from "../../edge/jobs/run-evaluations.ts";
import { sleep } from "../../edge/sleep.ts";
import type { UsageSink } from "../../edge/usage/decision-record.ts";
import { appendDecisions } from "../../edge/usage/usage.store.ts";
import { newId } from "../database/full-tenant.ts";
import { stack } from "../stack/provided.ts";
import { edgeDatabase, jobsDatabase } from "./jobs-database.ts";

/** The decider of the shared stack's inference service, or of another one. */
export function stackDecider({ url, token } = { url: stack().inferenceUrl, token: stack().inferenceToken }): Decider {
  const env = { INFERENCE_URL: url, INFERENCE_TOKEN: token, SIGNING_SECRET: "s".repeat(32) };
  return createDecider({ env, fetch, now: () => Date.now(), log: () => undefined, sleep });
}

/** Appends receipts at once, as the edge's role. */
export const directSink: UsageSink = { append: (record) => appendDecisions(edgeDatabase(), [record]) };

/** Runs every running evaluation as the jobs' role, to the end or while `inTime` says so. */
export async function runAll(
  decider: Pick<Decider, "decide"> = stackDecider(),
  inTime = () => true,
  env: Parameters<typeof runEvaluations>[0]["env"] = { ENGINE_PRICES: {} },
): Promise<void> {
  const deps = { env, usage: directSink, now: () => Date.now(), newId, sleep, log: () => undefined };
  await runEvaluations({ ...deps, jobs: jobsDatabase(), decider }, inTime);
}
