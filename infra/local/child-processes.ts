import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Ids of the processes that this one started and that still run. */
export async function childProcesses(): Promise<number[]> {
  const pairs = process.platform === "linux" ? await fromProc() : await fromPs();
  return pairs.filter(([, parent]) => parent === process.pid).map(([pid]) => pid);
}

async function fromProc(): Promise<[number, number][]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    names.map(async (name): Promise<[number, number]> => {
      const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
      // The second field is the command in brackets, which may hold anything; state and parent follow it.
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [Number(name), Number(parent)];
    }),
  );
}

async function fromPs(): Promise<[number, number][]> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .trim()
    .split("\n")
    .map((line): [number, number] => {
      const [pid, parent] = line.trim().split(/\s+/).map(Number);
      return [pid ?? 0, parent ?? 0];
    });
}
