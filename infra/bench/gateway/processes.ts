import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU time in milliseconds that a process and its descendants have used so far, as the kernel counts it (ns). */
export function cpuMs(pid: number): number {
  return tree(pid).reduce((sum, one) => sum + ownCpuMs(one), 0);
}

function ownCpuMs(pid: number): number {
  const threads = names(`/proc/${pid}/task`);
  return threads.reduce(
    (sum, thread) => sum + Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6,
    0,
  );
}

function tree(pid: number): number[] {
  const children = names(`/proc/${pid}/task`).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`)
      .split(" ")
      .filter((text) => text !== ""),
  );
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

/** Megabytes of memory that a process holds. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024;
}

/** Keeps a process, its threads and what it starts later on one core. */
export function pin(pid: number, core: number): void {
  for (const one of tree(pid)) {
    const { status } = spawnSync("taskset", ["-a", "-cp", String(core), String(one)]);
    if (status !== 0) throw new Error("this needs Linux and taskset, with two cores");
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile.
    return "0";
  }
}

function names(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
