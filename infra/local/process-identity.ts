import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The command line of a running process, or null when there is none of this id (or only a zombie). */
export async function commandOf(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return line === "" ? null : line.replaceAll("\0", " ").trim();
  }
  const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim() === "" ? null : stdout.trim();
}

/**
 * Ends a process left over by a run that was killed: `signal` first, SIGKILL when it is still there after `graceMs`.
 * `isOurs` looks at the command line, because ids are used again. Returns whether there was one to end.
 */
export async function endLeftover(
  pid: number,
  isOurs: (command: string) => boolean,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> {
  const runs = async (): Promise<boolean> => {
    const command = await commandOf(pid);
    return command !== null && isOurs(command);
  };
  if (!(await runs())) return false;
  sendSignal(pid, signal);
  for (let waited = 0; waited < graceMs; waited += 50) {
    if (!(await runs())) return true;
    await delay(50);
  }
  sendSignal(pid, "SIGKILL");
  while (await runs()) await delay(50);
  return true;
}

/** Sends a signal to a process that may be gone by now. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
