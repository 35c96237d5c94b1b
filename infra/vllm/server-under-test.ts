import type { Policy, Turn } from "../../inference/contract/index.ts";
import { createDeps } from "../../inference/deps.ts";
import { deploymentsSchema } from "../../inference/engines/deployments.ts";
import { createVllmEngine } from "../../inference/engines/vllm/vllm-engine.ts";
import { readRecords, WORLDS } from "../../inference/evaluation/record.ts";
import type { PromptFormatName } from "../../inference/prompts/formats.ts";

/** A vLLM server and the model it is asked for. */
export interface ServerUnderTest {
  readonly url: string;
  readonly model: string;
}

/** A decision to be made. */
export interface Case {
  readonly policies: readonly Policy[];
  readonly conversation: readonly Turn[];
}

export type VllmEngine = ReturnType<typeof createVllmEngine>;

/** The evaluation worlds' conversations up to each user turn, those of one world spread over the list. */
export async function casesOfWorlds(): Promise<Case[]> {
  const records = await readRecords([WORLDS]);
  const cases = records.flatMap(({ policies, turns }) => {
    const options = policies.map(({ name, description }) => ({ name, description }));
    return turns.flatMap(({ role }, index) =>
      role === "user" ? [{ depth: index, policies: options, conversation: turns.slice(0, index + 1) }] : [],
    );
  });
  return cases.sort((a, b) => a.depth - b.depth);
}

/** The engine as the inference service makes it, when it has found out how the server can be asked. */
export async function engineFor({ url, model }: ServerUnderTest, format: PromptFormatName): Promise<VllmEngine> {
  const [deployment] = deploymentsSchema.parse([{ name: "checked", baseUrls: [url], model, format }]);
  if (deployment?.kind !== "vllm") throw new Error("not a deployment of vLLM");
  const engine = createVllmEngine(deployment, { ...createDeps(), log: () => undefined });
  await engine.start();
  while (!engine.ready()) await new Promise((resolve) => setTimeout(resolve, 250));
  return engine;
}

/** What the engine reads of a case, logits in order of the policies, `other` last. Throws when it refuses. */
export async function decided(engine: VllmEngine, { policies, conversation }: Case, isolation = "check") {
  const prepared = await engine.prepare({ policies, digest: JSON.stringify(policies) });
  const signal = new AbortController().signal;
  const reading = await engine.decide(prepared, { conversation, isolation, signal });
  if (!reading.ok) throw new Error(reading.refusal.message);
  return reading.value;
}

export const json = (body: object): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
