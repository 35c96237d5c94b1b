/**
 * `npm run test:schemathesis [-- --url http://127.0.0.1:8787] [-- flags of schemathesis]`: property-based requests at a
 * running deployment, from its OpenAPI document. Reads SIGNALBOX_KEY, an admin key of a tenant made for this: what it
 * creates, changes and deletes is that tenant's. SCHEMATHESIS names the command where it is not on the PATH.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { prepare } from "./prepare.ts";

const CONFIG = new URL("schemathesis.toml", import.meta.url).pathname;
const HOOKS = new URL("hooks.py", import.meta.url).pathname;
/** It keeps what it has found where it runs. */
const FOLDER = new URL("../../.signalbox/", import.meta.url).pathname;
const INSTALL =
  "it is a Python program: `pip install schemathesis`, or name it in SCHEMATHESIS (.venv/bin/schemathesis)";
/** What a shell says of a command that is not there. */
const NOT_FOUND = 127;
const USAGE = 2;

const { values, positionals } = parseArgs({
  options: { url: { type: "string", default: "http://127.0.0.1:8787" } },
  allowPositionals: true,
});

function fail(message: string, code: number): void {
  process.stderr.write(`test:schemathesis: ${message}\n`);
  process.exitCode = code;
}

/** A path is relative to where npm was called, a bare name is looked for on the PATH. */
const commandAt = (name: string): string =>
  name.includes("/") ? resolve(process.env["INIT_CWD"] ?? process.cwd(), name) : name;

/** Ends with its exit code, or as a shell says that there is no such command. */
function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { cwd: FOLDER, env, stdio: "inherit" });
  return new Promise((resolve) => {
    child.on("error", () => resolve(NOT_FOUND));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function main(key: string): Promise<void> {
  if (key === "") {
    fail("set SIGNALBOX_KEY to an admin key of a tenant made for this; its objects do not survive", USAGE);
    return;
  }
  mkdirSync(FOLDER, { recursive: true });
  const command = commandAt(process.env["SCHEMATHESIS"] ?? "schemathesis");
  if ((await start(command, ["--version"], process.env)) !== 0) {
    fail(`${command} does not start; ${INSTALL}`, NOT_FOUND);
    return;
  }
  const env = { ...process.env, SIGNALBOX_KEY_ID: await prepare(values.url, key), SCHEMATHESIS_HOOKS: HOOKS };
  const document = new URL("/openapi.json", values.url).href;
  const run = ["--config-file", CONFIG, "run", document, "--continue-on-failure", ...positionals];
  process.exitCode = await start(command, run, env);
}

await main(process.env["SIGNALBOX_KEY"] ?? "");
