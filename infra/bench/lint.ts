/**
 * `npm run bench:lint [-- --json] [-- --seen]`: how much of what is wrong in drafts the lint finds, and how much it
 * raises that is not, on forty good drafts and forty with one flaw each, by the embedded engine; `--seen`: on the drafts
 * that its rules were chosen on.
 */
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { createDecider } from "../../edge/decider/decider.ts";
import { sleep } from "../../edge/sleep.ts";
import { startInference } from "../local/inference-process.ts";
import { lintDrafts, measureLint, type LintFigures } from "./measure-lint.ts";

const TOKEN = "bench-of-the-lint";
/** A router model with room for few policies. Nothing decides here, so its server need not be there. */
const ARCH = { name: "arch", baseUrls: ["http://127.0.0.1:9"], model: "m", format: "arch-router-v1" };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: "boolean", default: false }, seen: { type: "boolean", default: false } },
  });
  process.env["ENGINES"] = JSON.stringify([{ ...ARCH, maxPolicyTokens: 200 }]);
  const log = createWriteStream("/dev/null");
  const signal = AbortSignal.timeout(60_000);
  const inference = await startInference({ port: 0, token: TOKEN, log, signal });
  try {
    const env = { INFERENCE_URL: inference.url, INFERENCE_TOKEN: TOKEN, SIGNING_SECRET: "s".repeat(32) };
    const decider = createDecider({ env, fetch, now: Date.now, sleep, log: () => undefined });
    const figures = await measureLint(decider, lintDrafts(values.seen));
    process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
  } finally {
    await inference.stop();
    log.end();
  }
}

function table({ precision, recall, codes, alarms, missed }: LintFigures): string {
  const rows = Object.entries(codes).map(
    ([code, { planted, found, alarms: wrong }]) =>
      `${code.padEnd(24)} found ${String(found)} of ${String(planted)}, ${String(wrong)} false alarms\n`,
  );
  const listed = [...alarms.map((text) => `false alarm: ${text}\n`), ...missed.map((text) => `missed: ${text}\n`)];
  return `${rows.join("")}${listed.join("")}precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}\n`;
}

await main();
