/**
 * `npm run bench:faults [-- --rounds 20] [--json]`: how long the failure contract takes, on real processes: two
 * self-hosted workers, PostgreSQL, inference, providers that stand in. Milliseconds, as percentiles.
 */
import { parseArgs } from "node:util";
import { cancelTimes, fallbackTimes, inForceTimes, refreshTimes, slowReaders } from "./faults/measurements.ts";
import { startScene } from "./faults/scene.ts";
import { summary } from "./percentiles.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string" }, json: { type: "boolean", default: false } } });
  const rounds = Math.max(2, Math.min(500, Number(values.rounds ?? 20)));
  const scene = await startScene();
  try {
    const fallback = await fallbackTimes(scene, rounds);
    const cancel = await cancelTimes(scene, rounds);
    const inForce = await inForceTimes(scene, rounds);
    const readers = await slowReaders(scene, rounds);
    const refresh = await refreshTimes(scene, rounds * 3);
    const times = {
      "inference hangs: fallback at the 250 ms deadline": fallback.waiting,
      "inference hangs: fallback, breaker open": fallback.open,
      "client resets: provider's call ended after": cancel.reset,
      "client leaves a running stream: provider's call ended after": cancel.left,
      "PostgreSQL silent: request on the last snapshot": refresh,
      "revoked key refused, two processes, after": inForce.revoked,
      "published version served, two processes, after": inForce.published,
    };
    const figures = Object.fromEntries(
      Object.entries(times).map(([name, taken]) => [
        name,
        { ...rounded(summary(taken)), max: Math.round(Math.max(...taken)) },
      ]),
    );
    if (values.json) process.stdout.write(`${JSON.stringify({ times: figures, slow_readers: readers }, null, 2)}\n`);
    else {
      console.table(figures);
      const { beforeMb, duringMb, sentMb, wholeMb } = readers;
      console.log(
        `${String(sentMb.length)} readers that stop after the first of ${String(Math.round(wholeMb))} MB each: ` +
          `workerd ${String(beforeMb)} MB before, ${String(duringMb)} MB during; ` +
          `a provider could send ${Math.max(...sentMb).toFixed(1)} MB at most`,
      );
    }
  } finally {
    await scene.stop();
  }
}

const rounded = (figures: ReturnType<typeof summary>) => ({
  n: figures.n,
  p50: Math.round(figures.p50),
  p95: Math.round(figures.p95),
  p99: Math.round(figures.p99),
});

await main();
