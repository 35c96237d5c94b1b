/**
 * `npm run test:schemathesis [-- --url http://127.0.0.1:8787] [-- flags of schemathesis]`: property-based requests at a
 * running deployment, from its OpenAPI document. Reads SIGNALBOX_KEY, an admin key of a tenant made for this: what it
 * creates, changes and deletes is that tenant's. SCHEMATHESIS names the command where it is not on the PATH.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const CONFIG = new URL("schemathesis.toml", import.meta.url).pathname;
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

if ((process.env["SIGNALBOX_KEY"] ?? "") === "") {
  fail("set SIGNALBOX_KEY to an admin key of a tenant made for this; its objects do not survive", USAGE);
} else {
  const command = commandAt(process.env["SCHEMATHESIS"] ?? "schemathesis");
  const document = new URL("/openapi.json", values.url).href;
  const run = ["--config-file", CONFIG, "run", document, "--continue-on-failure", ...positionals];
  mkdirSync(FOLDER, { recursive: true });
  const child = spawn(command, run, { cwd: FOLDER, stdio: "inherit" });
  child.on("error", () => fail(`${command} does not start; ${INSTALL}`, NOT_FOUND));
  child.on("close", (code) => (process.exitCode ??= code ?? 1));
}
