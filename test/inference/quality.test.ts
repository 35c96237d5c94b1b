import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decideResponseSchema } from "../../inference/contract/index.ts";
import type { Policy, Turn } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { best, decideRequest } from "./requests.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as unknown;

const demo = read("../../infra/local/demo-router.json") as { policies: Policy[] };
const script = read("../fixtures/demo-conversation.json") as (Turn & { label?: string })[];
const unfamiliar = read("../fixtures/unfamiliar-routers.json") as {
  router: string;
  policies: Policy[];
  turns: { content: string; label: string }[];
}[];

let service: InferenceProcess;
beforeAll(async () => {
  service = await startInference();
});
afterAll(() => service.stop());

async function decide(policies: readonly Policy[], conversation: readonly Turn[]): Promise<string> {
  const response = await service.post("/v1/decide", decideRequest(conversation, { policies: [...policies] }));
  return best(decideResponseSchema.parse(await response.json()));
}

test("at least ten of the twelve turns of the demo's conversation are right, changes of task and goodbye included", async () => {
  const wrong: string[] = [];
  for (const [index, turn] of script.entries()) {
    if (turn.label === undefined) continue;
    const decided = await decide(demo.policies, script.slice(0, index + 1));
    if (decided !== turn.label) wrong.push(`${turn.content}: ${decided}, not ${turn.label}`);
  }
  expect(script.filter((turn) => turn.label !== undefined)).toHaveLength(12);
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(2);
});

test("on routers of other trades four of five single turns are typical", async () => {
  const right: Record<string, number> = {};
  for (const { router, policies, turns } of unfamiliar) {
    right[router] = 0;
    for (const { content, label } of turns) {
      if ((await decide(policies, [{ role: "user", content }])) === label) right[router] += 1;
    }
  }
  const counts = Object.values(right);
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(total / (5 * counts.length), JSON.stringify(right)).toBeGreaterThanOrEqual(0.8);
  expect(counts.filter((count) => count >= 4).length / counts.length).toBeGreaterThan(0.6);
});
