import { afterEach, describe, expect, test } from "vitest";
import { checkAgreement } from "../../infra/vllm/agreement.ts";
import { decideRequest, user } from "./requests.ts";
import { json, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";
import { modelThatWrites } from "./writing-model.ts";

const standIns: VllmStandIn[] = [];
afterEach(async () => {
  await Promise.all(standIns.splice(0).map(({ close }) => close()));
});

async function server(answers: Answer[], tokens: Answer): Promise<VllmStandIn> {
  const standIn = await startVllm(answers, { tokens });
  standIns.push(standIn);
  return standIn;
}

describe("reading beside writing", () => {
  const writes = (content: string): Answer => json(200, JSON.stringify({ choices: [{ message: { content } }] }));
  const trains = writes('{"route": "trains"}');
  const other = writes('{"route": "other"}');
  const chats = writes("Sure, I can help with that!");
  const refuses = json(503, "{}");
  const { policies } = decideRequest([user("x")]);

  /** What is checked, and the complaint of each, when the model is asked once for each of these answers. */
  async function checked(answers: Answer[], wanted: number, reads = "trains") {
    const { url } = await server([...answers], modelThatWrites(`{"route": "${reads}"}`));
    const cases = answers.map(() => ({ policies, conversation: [user("is my train late?")] }));
    const told: [what: string, complaint: string][] = [];
    const outcomes = {
      check: async (what: string, work: () => Promise<string>) => void told.push([what, await work()]),
      passed: () => 0,
      failed: () => 0,
    };
    await checkAgreement(outcomes, { url, model: "m" }, "arch-router-v1", { cases, wanted });
    return { whats: told.map(([what]) => what).join("\n"), complaints: told.map(([, complaint]) => complaint) };
  }

  test("agrees when as many policies are named as were wanted", async () => {
    const { whats, complaints } = await checked([trains, chats, refuses, trains], 2);
    expect(complaints).toEqual(["", ""]);
    expect(whats).toContain("1 of 4 questions refused (503)");
  });

  test("fails when fewer are named, though all are read as they are written", async () => {
    const { complaints } = await checked([trains, trains, refuses, chats], 3);
    expect(complaints.filter((complaint) => complaint !== "")).toEqual(["2 do"]);
  });

  test("fails when a model that writes as it was tuned to names none but `other`", async () => {
    const { complaints } = await checked([other, other], 1, "other");
    expect(complaints.filter((complaint) => complaint !== "")).toEqual(["0 do"]);
  });

  test("fails when a name is read that was not written", async () => {
    const { complaints } = await checked([trains, trains], 2, "weather");
    expect(complaints.join()).toContain("wrote trains, read weather");
  });

  test("is skipped with a model that names nothing at all, and fails with a server that refuses everything", async () => {
    expect((await checked([chats, refuses], 2)).complaints).toEqual([]);
    expect((await checked([refuses, refuses], 2)).complaints).toEqual(["0 do"]);
  });
});
