import { readFile } from "node:fs/promises";

/** Megabytes of memory that a process holds; null where the system has no /proc. */
export async function residentMegabytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8").catch(() => "");
  const found = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  return found === undefined ? null : Math.round(Number(found) / 1024);
}
