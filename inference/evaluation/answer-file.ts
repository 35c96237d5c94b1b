import { appendFile, readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { tokenCountsSchema } from "../contract/index.ts";
import type { Answer } from "./record.ts";

const lineSchema = z.object({
  id: z.string(),
  predictions: z.array(z.string().nullable()),
  confidences: z.array(z.number()),
  unsure: z.array(z.int()).optional(),
  ms: z.array(z.number()),
  tokens: z.array(tokenCountsSchema).optional(),
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
  for (const line of parseLines(path, await readExisting(path))) {
    if (line.engine !== engine) throw new Error(`${path} holds answers of ${line.engine}, not of ${engine}`);
    kept.set(line.id, answerOf(line));
  }
  const whole = [...kept.values()].map((answer) => toLine(answer, engine)).join("");
  await writeFile(path, whole);
  return { kept, append: (answer) => appendFile(path, toLine(answer, engine)) };
}

/** Reads a finished run. Throws when the file holds no answers, or answers of several engine versions. */
export async function readAnswers(path: string): Promise<{ engine: string; answers: ReadonlyMap<string, Answer> }> {
  const lines = parseLines(path, await readFile(path, "utf8"));
  const [engine, ...others] = new Set(lines.map((line) => line.engine));
  if (engine === undefined) throw new Error(`${path} holds no answers`);
  if (others.length > 0) throw new Error(`${path} holds answers of ${[engine, ...others].join(" and ")}`);
  return { engine, answers: new Map(lines.map((line) => [line.id, answerOf(line)])) };
}

function parseLines(path: string, text: string): z.infer<typeof lineSchema>[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const parsed = parseLine(line);
    if (parsed !== null) return [parsed];
    // A run that was killed may leave half a line at the end.
    if (index === lines.length - 1) return [];
    throw new Error(`${path}:${index + 1} was not written by this command`);
  });
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

const answerOf = ({ unsure, tokens, ...line }: z.infer<typeof lineSchema>): Answer => ({
  ...line,
  ...(unsure !== undefined && { unsure }),
  ...(tokens !== undefined && { tokens }),
});

function toLine({ id, predictions, confidences, unsure, ms, tokens }: Answer, engine: string): string {
  const rounded = { confidences: confidences.map(short), unsure, ms: ms.map(short), tokens };
  return `${JSON.stringify({ id, predictions, ...rounded, engine })}\n`;
}

const short = (value: number): number => Number(value.toPrecision(6));
