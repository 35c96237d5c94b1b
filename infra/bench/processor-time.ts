import { readdir, readFile } from "node:fs/promises";

/** Linux counts processor time in hundredths of a second for programs. */
const TICKS_A_SECOND = 100;

/** Processor time that a process and all that descend from it have used, from `/proc`. */
export async function processorSeconds(root: number): Promise<number> {
  const processes = await Promise.all(
    (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map((pid) => statOf(Number(pid))),
  );
  const alive = processes.filter((one) => one !== null);
  const family = new Set([root]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of alive) if (family.has(parent)) family.add(pid);
  }
  const ticks = alive.filter(({ pid }) => family.has(pid)).reduce((sum, one) => sum + one.ticks, 0);
  return ticks / TICKS_A_SECOND;
}

async function statOf(pid: number): Promise<{ pid: number; parent: number; ticks: number } | null> {
  const text = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  // The name may hold spaces and brackets; the fields after its last bracket do not.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 13) return null;
  return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
