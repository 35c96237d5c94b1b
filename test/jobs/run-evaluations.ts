import { createDecider, type Decider } from "../../edge/decider/decider.ts";
import { runEvaluations } from "../../edge/jobs/run-evaluations.ts";
import { sleep } from "../../edge/sleep.ts";
import { stack } from "../stack/provided.ts";
import { jobsDatabase } from "./jobs-database.ts";

/** The decider of the shared stack's inference service. */
export function stackDecider(): Decider {
  const { inferenceUrl, inferenceToken } = stack();
  const env = { INFERENCE_URL: inferenceUrl, INFERENCE_TOKEN: inferenceToken, SIGNING_SECRET: "s".repeat(32) };
  return createDecider({ env, fetch, now: () => Date.now(), log: () => undefined, sleep });
}

/** Runs every running evaluation as the jobs' role, to the end or while `inTime` says so. */
export async function runAll(decider: Pick<Decider, "decide"> = stackDecider(), inTime = () => true): Promise<void> {
  await runEvaluations({ jobs: jobsDatabase(), decider, log: () => undefined }, inTime);
}
