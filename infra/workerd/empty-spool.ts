import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { SPOOL_KEY } from "./config.ts";
import { runWorkerd, type WorkerdOptions } from "./run-workerd.ts";

const LOOK_MS = 200;

/**
 * Stores what a worker that has ended left in its spool, for at most `limitMs`: a workerd that nobody is told of does what
 * its alarm tells it. Gives how many receipts are left; they wait on disk for the next worker.
 */
export async function emptySpool(options: WorkerdOptions, limitMs: number): Promise<number> {
  let left = await spooled(options.spoolFolder);
  if (left === 0) return 0;
  const worker = await runWorkerd({ ...options, host: "127.0.0.1", port: 0 });
  for (const endsAt = Date.now() + limitMs; left > 0 && Date.now() < endsAt;) {
    await pause(LOOK_MS);
    left = await spooled(options.spoolFolder);
  }
  worker.signal("SIGTERM");
  await worker.exited;
  return left;
}

/** Receipts in a spool. */
export async function spooled(spoolFolder: string): Promise<number> {
  const folder = join(spoolFolder, SPOOL_KEY);
  const files = await readdir(folder).catch(() => []);
  let count = 0;
  for (const file of files.filter((name) => /^[0-9a-f]+\.sqlite$/.test(name))) {
    const database = new DatabaseSync(join(folder, file), { readOnly: true });
    try {
      const row = database.prepare("select count(*) as receipts from receipts").get();
      count += Number(row?.["receipts"]);
    } finally {
      database.close();
    }
  }
  return count;
}
