/**
 * `node infra/launch.js infra/vllm/record.ts --url http://127.0.0.1:8000 --model NAME [--format FORMAT …]`: asks a real
 * vLLM server the cases of test/fixtures/vllm/reading-cases.json through the inference service, in every format or those
 * named, and keeps the bytes that crossed the wire as `reading-<format>.jsonl` beside them: what the fast tests play back.
 */
import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { CONTRACT_VERSION } from "../../inference/contract/index.ts";
import { PROMPT_FORMATS } from "../../inference/prompts/formats.ts";
import { startInference } from "../local/inference-process.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

const FIXTURES = new URL("../../test/fixtures/vllm/", import.meta.url);
const TOKEN = "recording-of-a-real-server";
/** Short, so that the long case has to be trimmed. */
const MAX_CONVERSATION_TOKENS = 150;
const DEADLINE_MS = 60_000;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    model: { type: "string" },
    format: { type: "string", multiple: true, default: [...PROMPT_FORMATS] },
  },
});
if (values.url === undefined || values.model === undefined) throw new Error("--url and --model are needed");
const cases = JSON.parse(await readFile(new URL("reading-cases.json", FIXTURES), "utf8")) as Record<string, object>;

for (const format of PROMPT_FORMATS.filter((name) => values.format.includes(name))) {
  const proxy = await startRecordingProxy(values.url);
  const deployment = {
    name: "arch",
    baseUrls: [proxy.url],
    model: values.model,
    format,
    maxConversationTokens: MAX_CONVERSATION_TOKENS,
  };
  process.env["ENGINES"] = JSON.stringify([deployment]);
  process.env["EMBEDDED_THREADS"] = "1";
  const log = createWriteStream("/dev/null");
  const inference = await startInference({ port: 0, token: TOKEN, log, signal: new AbortController().signal });
  try {
    while (!(await fetch(`${inference.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 250));
    for (const [name, asked] of Object.entries(cases)) {
      const answer = await fetch(`${inference.url}/v1/decide`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({ contract: CONTRACT_VERSION, engine: "arch", deadlineMs: DEADLINE_MS, ...asked }),
      });
      if (!answer.ok) throw new Error(`${format} ${name}: ${String(answer.status)} ${await answer.text()}`);
      process.stdout.write(`${format} ${name} ${await answer.text()}\n`);
    }
    const lines = proxy.exchanges.map((exchange) => JSON.stringify(exchange));
    await writeFile(new URL(`reading-${format}.jsonl`, FIXTURES), `${[...new Set(lines)].join("\n")}\n`);
  } finally {
    await inference.stop();
    await proxy.close();
    log.end();
  }
}
