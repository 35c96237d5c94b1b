/** `npm run stop`: ends what `npm start` started, after the receipts under way have reached the database. */
import { setTimeout as delay } from "node:timers/promises";
import { commandOf, sendSignal } from "./process-identity.ts";
import { clearRun, runningHost } from "./run-state.ts";
import { parseStopOptions, UsageError } from "./start-options.ts";

const LIMIT_MS = 60_000;
const POLL_MS = 50;

async function main(): Promise<void> {
  const { dataDir } = parseStopOptions(process.argv.slice(2), process.env);
  const host = await runningHost(dataDir);
  if (host === null) {
    const leftovers = await clearRun(dataDir);
    console.log(leftovers ? "ended what a killed run had left over" : "Signalbox is not running");
    return;
  }
  sendSignal(host, "SIGTERM");
  for (let waited = 0; waited < LIMIT_MS; waited += POLL_MS) {
    if ((await commandOf(host))?.includes(dataDir) !== true) {
      await clearRun(dataDir);
      console.log("stopped");
      return;
    }
    await delay(POLL_MS);
  }
  throw new Error(`process ${host} has not ended after ${LIMIT_MS / 1000} s`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
