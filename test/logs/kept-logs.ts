import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { stack } from "../stack/provided.ts";
import { KEPT } from "./scan.ts";

let kept = 0;

/** Where a process of a test's own writes its log, so that the scan at the end of the run finds it. */
export function keptLog(name: string): WriteStream {
  return createWriteStream(keptPath(`${name}.log`));
}

/** Keeps a copy of the log files in a folder that is about to go. */
export async function keepLogsOf(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(".log"))) await cp(join(folder, name), keptPath(name));
}

/** A path that nothing has yet: test files run in processes of their own, and one may start many. */
function keptPath(name: string): string {
  const folder = join(stack().logDir, KEPT);
  mkdirSync(folder, { recursive: true });
  kept += 1;
  return join(folder, `${process.pid}-${kept}-${name}`);
}
