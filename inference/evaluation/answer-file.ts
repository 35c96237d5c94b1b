import { appendFile, readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { Answer } from "./record.ts";

const lineSchema = z.object({
  id: z.string(),
  predictions: z.array(z.string()),
  confidences: z.array(z.number()),
  ms: z.array(z.number()),
  engine: z.string(),
});

/**
 * Answers kept as JSON lines (`id`, `predictions`, and beside them confidences, times and the engine's version), so
 * that a run that was stopped goes on where it was.
 */
export interface AnswerFile {
  readonly kept: ReadonlyMap<string, Answer>;
  readonly append: (answer: Answer) => Promise<void>;
}

/** Opens `path` for one engine version; throws when it holds another one's answers. */
export async function openAnswerFile(path: string, engine: string): Promise<AnswerFile> {
  const kept = new Map<string, Answer>();
  const lines = (await readExisting(path)).split("\n");
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const parsed = parseLine(line);
    // A run that was killed may leave half a line at the end.
    if (parsed === null && index === lines.length - 1) break;
    if (parsed === null) throw new Error(`${path}:${index + 1} was not written by this command`);
    if (parsed.engine !== engine) throw new Error(`${path} holds answers of ${parsed.engine}, not of ${engine}`);
    kept.set(parsed.id, parsed);
  }
  const whole = [...kept.values()].map((answer) => toLine(answer, engine)).join("");
  await writeFile(path, whole);
  return { kept, append: (answer) => appendFile(path, toLine(answer, engine)) };
}

async function readExisting(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

function parseLine(line: string) {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function toLine({ id, predictions, confidences, ms }: Answer, engine: string): string {
  return `${JSON.stringify({ id, predictions, confidences: confidences.map(short), ms: ms.map(short), engine })}\n`;
}

const short = (value: number): number => Number(value.toPrecision(6));
