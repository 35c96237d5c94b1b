/**
 * `npm run test:promptfoo [-- --url http://127.0.0.1:8787] [-- --router default] [-- --provider echo]`: runs promptfoo
 * on the data set of a router that records. Reads SIGNALBOX_KEY, a key with scope `recordings:read`. npx fetches
 * promptfoo; PROMPTFOO names the command where it is installed. With the provider `echo` nothing leaves this machine.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const VERSION = "0.123.1";
/** What was recorded is written here for the run, and removed after it. */
const FOLDER = new URL("../../.signalbox/promptfoo/", import.meta.url).pathname;
const USAGE = 2;

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8787" },
    router: { type: "string", default: "default" },
    provider: { type: "string", default: "echo" },
  },
});

/** What the echo of a conversation must be: the conversation. */
const ECHOED = [
  { type: "is-json" },
  { type: "javascript", value: "JSON.parse(output).some(({ role }) => role === 'user')" },
  { type: "javascript", value: "output === context.vars.messages" },
];

function fail(message: string, code: number): void {
  process.stderr.write(`test:promptfoo: ${message}\n`);
  process.exitCode = code;
}

async function dataSet(key: string): Promise<string | null> {
  const path = `/api/v1/routers/${encodeURIComponent(values.router)}/data-set?form=promptfoo`;
  const answer = await fetch(new URL(path, values.url), { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  if (answer.ok && text !== "") return text;
  fail(answer.ok ? `router ${values.router} has no recordings` : `${path} answered ${answer.status}: ${text}`, 1);
  return null;
}

function runOn(tests: string): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}tests.jsonl`, tests, { mode: 0o600 });
  const config = {
    description: `Recordings of router ${values.router}`,
    prompts: ["{{messages}}"],
    providers: [values.provider],
    tests: "file://tests.jsonl",
    ...(values.provider === "echo" && { defaultTest: { assert: ECHOED } }),
  };
  writeFileSync(`${FOLDER}promptfooconfig.json`, JSON.stringify(config));
  const command = process.env["PROMPTFOO"] ?? "npx";
  const named = command === "npx" ? ["--yes", `promptfoo@${VERSION}`] : [];
  // It keeps results where this says, so that they go with the rest; nothing is reported to its makers.
  const quiet = { PROMPTFOO_DISABLE_TELEMETRY: "1", PROMPTFOO_DISABLE_UPDATE: "1", PROMPTFOO_CONFIG_DIR: FOLDER };
  const run = ["eval", "--config", "promptfooconfig.json", "--no-share", "--no-cache", "--no-write"];
  const child = spawn(command, [...named, ...run], {
    cwd: FOLDER,
    stdio: "inherit",
    env: { ...process.env, ...quiet },
  });
  child.on("error", () => fail(`${command} does not start`, 1));
  child.on("close", (code) => {
    rmSync(FOLDER, { recursive: true, force: true });
    process.exitCode ??= code ?? 1;
  });
}

const key = process.env["SIGNALBOX_KEY"] ?? "";
if (key === "") fail("set SIGNALBOX_KEY to a key with scope recordings:read", USAGE);
else {
  const tests = await dataSet(key);
  if (tests !== null) runOn(tests);
}
