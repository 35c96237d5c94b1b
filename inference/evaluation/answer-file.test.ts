import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAnswerFile, readAnswers } from "./answer-file.ts";

const spent = { prompt: 90, cached: 64, completion: 1 };
const answer = {
  id: "one",
  predictions: ["a", null],
  confidences: [0.75, 0.5],
  unsure: [1],
  ms: [3, 4],
  tokens: [spent, spent],
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "answers-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("openAnswerFile", () => {
  it("finds again what an earlier run wrote, and drops half a line at the end", async () => {
    const path = join(folder, "answers.jsonl");
    await (await openAnswerFile(path, "embedded@1")).append(answer);
    await appendFile(path, '{"id":"two","predic');
    const { kept } = await openAnswerFile(path, "embedded@1");
    expect([...kept.keys()]).toEqual(["one"]);
    expect(kept.get("one")).toMatchObject(answer);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ id: "one", predictions: ["a", null] });
  });

  it("refuses answers of another engine version", async () => {
    const path = join(folder, "answers.jsonl");
    await (await openAnswerFile(path, "embedded@1")).append(answer);
    await expect(openAnswerFile(path, "embedded@2")).rejects.toThrow("embedded@1");
  });
});

describe("readAnswers", () => {
  it("reads a run, and refuses a file without answers or of two versions", async () => {
    const path = join(folder, "answers.jsonl");
    const { append } = await openAnswerFile(path, "embedded@1");
    await expect(readAnswers(path)).rejects.toThrow("no answers");
    await append(answer);
    const { engine, answers } = await readAnswers(path);
    expect(engine).toBe("embedded@1");
    expect(answers.get("one")).toMatchObject(answer);
    await appendFile(path, (await readFile(path, "utf8")).replace("embedded@1", "embedded@2"));
    await expect(readAnswers(path)).rejects.toThrow("embedded@1 and embedded@2");
  });
});
