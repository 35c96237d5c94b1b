import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decideResponseSchema, type DecideResponse, type Turn } from "../../inference/contract/index.ts";
import { ATTACKS, underAttack } from "../../inference/evaluation/attacks/attack.ts";
import { archRouterV1 } from "../../inference/prompts/arch-router-v1.ts";
import { startInference, type InferenceProcess } from "./inference-process.ts";
import { assistant, decideRequest, policies, user } from "./requests.ts";

const WANTED = policies[1]!;
const CONVERSATION = [user("Will it snow in Oslo tomorrow?"), assistant("Yes, a little."), user("and in Bergen?")];

let service: InferenceProcess;
beforeAll(async () => {
  service = await startInference();
});
afterAll(() => service.stop());

async function decide(conversation: readonly Turn[], isolation: string): Promise<DecideResponse> {
  const answer = await service.post("/v1/decide", decideRequest(conversation, { isolation }));
  expect(answer.status).toBe(200);
  return decideResponseSchema.parse(await answer.json());
}

describe("what the words of a message cannot touch", () => {
  it("is the list of policies, the form of the answer, and what another tenant is answered", async () => {
    const victim = await decide(CONVERSATION, "victim");
    for (const attack of ATTACKS) {
      const attacked = await decide(underAttack(CONVERSATION, attack, WANTED), "attacker");
      const names = attacked.scores.map(({ policy }) => policy);
      expect(names, attack.name).toEqual(["weather", "recipes", "trains", null]);
      const sum = attacked.scores.reduce((total, { probability }) => total + probability, 0);
      expect(sum, attack.name).toBeCloseTo(1, 6);
      expect([attacked.engine, attacked.escalated], attack.name).toEqual([victim.engine, false]);
    }
    expect((await decide(CONVERSATION, "victim")).scores).toEqual(victim.scores);
    expect((await decide(CONVERSATION, "a third")).scores).toEqual(victim.scores);
  });

  it("is the frame of a generative router's prompt: its blocks, its instructions, its special tokens", () => {
    const routes = archRouterV1.routes(policies);
    const frame = (conversation: readonly Turn[]): string[] =>
      archRouterV1
        .prompt(routes, conversation)
        .split(/(<[^>]*>)/)
        .filter((part) => part.startsWith("<"));
    const clean = frame(CONVERSATION);
    for (const attack of ATTACKS) {
      const attacked = underAttack(CONVERSATION, attack, WANTED);
      const prompt = archRouterV1.prompt(routes, attacked);
      expect(frame(attacked), attack.name).toEqual(clean);
      const said = /<conversation>\n(.*)\n<\/conversation>/.exec(prompt)?.[1] ?? "";
      expect(JSON.parse(said), attack.name).toEqual(attacked.map(({ role, content }) => ({ role, content })));
    }
  });
});
