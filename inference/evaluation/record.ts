import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { TokenCounts } from "../contract/index.ts";

/** The folder of evaluation worlds: what is measured with unless something else is named. */
export const WORLDS = new URL("worlds", import.meta.url).pathname;

/** One labelled conversation of a routing benchmark. `labels` has one entry a user turn; null is not scored. */
const recordSchema = z.object({
  id: z.string().min(1),
  dataset: z.string().min(1),
  scenario: z.enum(["fQfA", "fQcA", "Irrelevance"]),
  policies: z.array(z.object({ name: z.string().min(1), description: z.string() })).min(1),
  turns: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string() })).min(1),
  labels: z.array(z.string().nullable()),
});
export type BenchmarkRecord = z.infer<typeof recordSchema>;

/** A record as a router may see it: without its labels. */
export type Question = Pick<BenchmarkRecord, "id" | "policies" | "turns">;

/** What an engine answered to one record, by user turn. */
export interface Answer {
  readonly id: string;
  /** A policy's name or `other`; null where the engine chose none of them, which is wrong whatever the label. */
  readonly predictions: readonly (string | null)[];
  /** Calibrated probability of the prediction, 0..1. */
  readonly confidences: readonly number[];
  /** Places of the decisions that the engine itself called unsure, however confident it was. */
  readonly unsure?: readonly number[];
  /** Milliseconds a decision. */
  readonly ms: readonly number[];
  /** By decision; absent when the engine does not count. */
  readonly tokens?: readonly TokenCounts[];
}

/** Reads the records of JSONL files and of folders of them, in order. Throws with file and line of a bad record. */
export async function readRecords(paths: readonly string[]): Promise<BenchmarkRecord[]> {
  const records: BenchmarkRecord[] = [];
  for (const path of await expandPaths(paths)) {
    const lines = (await readFile(path, "utf8")).split("\n");
    lines.forEach((line, index) => {
      if (line.trim() !== "") records.push(parseRecord(line, `${path}:${index + 1}`));
    });
  }
  const ids = new Set<string>();
  for (const { id } of records) {
    if (ids.has(id)) throw new Error(`the record ${id} occurs twice`);
    ids.add(id);
  }
  return records;
}

/** The files themselves, and those of folders in order of their names. */
export async function expandPaths(paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map(expand))).flat();
}

async function expand(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(path, name));
}

function parseRecord(line: string, place: string): BenchmarkRecord {
  const parsed = recordSchema.safeParse(JSON.parse(line));
  if (!parsed.success) throw new Error(`${place} is not a benchmark record: ${parsed.error.issues[0]?.message ?? ""}`);
  const record = parsed.data;
  const userTurns = record.turns.filter((turn) => turn.role === "user").length;
  if (record.labels.length !== userTurns) {
    throw new Error(`${place} has ${record.labels.length} labels for ${userTurns} user turns`);
  }
  return record;
}
