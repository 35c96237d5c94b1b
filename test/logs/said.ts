import { appendFileSync, mkdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What no log may repeat: secrets by the names they have in bodies, and the words of people and models. */
const SECRETS = new Set(["credential", "token", "secret"]);
const WORDS = new Set(["content", "text", "comment", "arguments", "prompt", "refusal"]);

/** Characters under which a text may stand in a log by chance: "hello" is also part of other words. */
export const SHORTEST = 12;

const FOLDER = "said";
const noted = new Set<string>();

/** Notes the secrets and the words in a body that a test has sent or been answered with, for the scan of all logs. */
export function noteSaid(logDir: string, body: unknown): void {
  const fresh = saidIn(body).filter((text) => !noted.has(text));
  if (fresh.length === 0) return;
  for (const text of fresh) noted.add(text);
  mkdirSync(join(logDir, FOLDER), { recursive: true });
  const lines = fresh.map((text) => `${JSON.stringify(text)}\n`).join("");
  appendFileSync(join(logDir, FOLDER, String(process.pid)), lines);
}

/** Everything that tests of this run have noted. */
export async function allSaid(logDir: string): Promise<string[]> {
  const names = await readdir(join(logDir, FOLDER)).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(logDir, FOLDER, name), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as string),
  );
}

/** Walks without recursion: some tests say things that nest without end. */
function saidIn(whole: unknown): string[] {
  const said: string[] = [];
  const open: { readonly value: unknown; readonly name: string }[] = [{ value: whole, name: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, name } = next;
    if (typeof value === "string") {
      if ((SECRETS.has(name) || WORDS.has(name)) && value.length >= SHORTEST) said.push(value);
    } else if (Array.isArray(value)) {
      for (const item of value) open.push({ value: item, name });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) open.push({ value: item, name: key });
    }
  }
  return said;
}
