import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allSaid, SHORTEST } from "./said.ts";

/** Folder, within the run's logs, of what processes beside the shared stack wrote. */
export const KEPT = "kept";

/** A key in full, of whatever environment; its displayed prefix is shorter. */
const KEY = /sbx_[a-z]{2,8}_[0-9A-Za-z]{30,}/g;

export interface Leak {
  readonly line: number;
  /** The beginning of what must not be there. */
  readonly hint: string;
}

/** Where a log holds a key in full or one of `forbidden`, texts of at least `SHORTEST` characters. */
export function leaksIn(log: string, forbidden: readonly string[]): Leak[] {
  const byStart = new Map<string, string[]>();
  for (const text of forbidden) {
    // A log line is JSON: a text stands in it as JSON writes it.
    for (const written of new Set([text, JSON.stringify(text).slice(1, -1)])) {
      const start = written.slice(0, SHORTEST);
      byStart.set(start, [...(byStart.get(start) ?? []), written]);
    }
  }
  return log.split("\n").flatMap((line, index) => {
    const found = [...line.matchAll(KEY)].map(([key]) => key);
    for (let at = 0; at + SHORTEST <= line.length; at += 1) {
      const texts = byStart.get(line.slice(at, at + SHORTEST)) ?? [];
      found.push(...texts.filter((text) => line.startsWith(text, at)));
    }
    return found.map((text) => ({ line: index + 1, hint: `${text.slice(0, SHORTEST - 2)}…` }));
  });
}

/** Scans the logs of every process of a run for keys, the stack's own secrets, and all that tests have said. */
export async function scanLogs(
  logDir: string,
  secrets: readonly string[],
): Promise<{ files: number; bytes: number; said: number; leaks: string[] }> {
  const said = await allSaid(logDir);
  const inFolder = async (folder: string): Promise<string[]> =>
    (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".log")).map((name) => join(folder, name));
  const files = [...(await inFolder(logDir)), ...(await inFolder(join(logDir, KEPT)))];
  const leaks: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const log = await readFile(file, "utf8");
    bytes += log.length;
    for (const { line, hint } of leaksIn(log, [...said, ...secrets])) leaks.push(`${file}:${line} holds "${hint}"`);
  }
  return { files: files.length, bytes, said: said.length, leaks };
}
