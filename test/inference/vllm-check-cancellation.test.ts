import { afterEach, describe, expect, test } from "vitest";
import { leaveMidAnswer } from "../../infra/vllm/cancellation.ts";
import { startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";
import { modelThatWrites } from "./writing-model.ts";

const standIns: VllmStandIn[] = [];
afterEach(async () => {
  await Promise.all(standIns.splice(0).map(({ close }) => close()));
});

async function server(tokens: Answer): Promise<VllmStandIn> {
  const standIn = await startVllm([], { tokens });
  standIns.push(standIn);
  return standIn;
}

describe("a caller that leaves in the middle of an answer", () => {
  const HASTY_MS = 100;
  const metrics = (running: number, written: number, calledOff = 0): string =>
    [
      `vllm:num_requests_running{engine="0",model_name="m"} ${running}.0`,
      `vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 7.0`,
      `vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} ${written}.0`,
      `vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"} ${calledOff}.0`,
    ].join("\n");

  type Shown = [before: string, during: string, after: string];

  /** A server whose metrics are these before the answer, while it is written, and when its caller has gone. */
  async function serverThatShows(...[before, during, after]: Shown) {
    const asked: Record<string, unknown>[] = [];
    const standIn = await server((question, response) => {
      if (question.path === "/tokenize") {
        modelThatWrites("", 4_096)(question, response);
        return;
      }
      asked.push(question.body);
      standIn.metrics = during;
      void question.gone.then(() => (standIn.metrics = after));
    });
    standIn.metrics = before;
    return { at: { url: standIn.url, model: "m" }, asked };
  }

  test("is one to a server that stops writing, which may count that as called off", async () => {
    const { at, asked } = await serverThatShows(metrics(0, 5), metrics(1, 5), metrics(0, 5, 1));
    expect(await leaveMidAnswer(at)).toBe("");
    const [{ prompt, max_tokens, ignore_eos }] = asked as [
      { prompt: number[][]; max_tokens: number; ignore_eos: true },
    ];
    expect([(prompt[0]?.length ?? 0) + max_tokens, ignore_eos]).toEqual([4_096, true]);
  });

  test("is none where the answer was written to its end", async () => {
    const { at } = await serverThatShows(metrics(0, 5), metrics(1, 5), metrics(0, 6));
    expect(await leaveMidAnswer(at)).toContain("to its end");
  });

  test("is none where the server goes on", async () => {
    const { at } = await serverThatShows(metrics(0, 5), metrics(1, 5), metrics(1, 5));
    expect(await leaveMidAnswer(at, { freedWithinMs: HASTY_MS })).toContain("still runs");
  });

  test("is none where nobody saw the answer begin", async () => {
    const { at } = await serverThatShows(metrics(0, 5), metrics(0, 5), metrics(0, 5));
    expect(await leaveMidAnswer(at, { seenWithinMs: HASTY_MS })).toContain("never seen");
  });

  test("is none where the server does not say what it runs", async () => {
    const { at } = await serverThatShows("", "", "");
    expect(await leaveMidAnswer(at)).toContain("what it runs");
    const { at: silent } = await serverThatShows(...(Array(3).fill("vllm:num_requests_running 0.0") as Shown));
    expect(await leaveMidAnswer(silent)).toContain("what it has written");
  });
});
