import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { draftDocumentSchema, type DraftDocument } from "../../edge/routing/draft-document.ts";
import { lintDraft } from "../../edge/routing/lint.ts";
import { similarityResponseSchema } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

interface Policy {
  readonly name: string;
  readonly description: string;
}
/** A flaw planted in the policy set of a world: a policy more, or another description of the one `at`. */
interface Planted {
  readonly world: string;
  readonly code: string;
  readonly add?: Policy;
  readonly at?: string;
  readonly description?: string;
  /** The policy whose description the one `at` gets. */
  readonly like?: string;
}
const { good, planted } = read("../fixtures/lint-drafts.json") as { good: string[]; planted: Planted[] };

const policiesOf = (world: string): Policy[] => {
  const { policies } = read(`../../inference/training/worlds/${world}.json`) as { policies: Policy[] };
  return policies.map(({ name, description }) => ({ name, description }));
};

function draftOf(policies: readonly Policy[], more: Partial<DraftDocument> = {}): DraftDocument {
  const targets = Object.fromEntries(policies.map(({ name }) => [name, { model: "large", fallbacks: ["small"] }]));
  return draftDocumentSchema.parse({ policies, targets, fallback: { model: "small" }, ...more });
}

function draftWith({ world, code, add, at = "", description, like }: Planted): DraftDocument {
  const policies = policiesOf(world);
  if (add !== undefined) return draftOf([...policies, add]);
  const text = like === undefined ? description : policies.find(({ name }) => name === like)?.description;
  const changed = policies.map((policy) =>
    policy.name === at ? { ...policy, description: text ?? policy.description } : policy,
  );
  const draft = draftOf(changed);
  const { [at]: target, ...others } = draft.targets;
  if (target === undefined) throw new Error(`${world} has no policy ${at}`);
  if (code === "policy_without_target") return { ...draft, targets: others };
  if (code === "unreachable_fallback")
    return { ...draft, targets: { ...others, [at]: { ...target, fallbacks: ["large"] } } };
  if (code === "unknown_model") return { ...draft, targets: { ...others, [at]: { ...target, model: "retired" } } };
  return draft;
}

it("finds the flaws planted in forty drafts, and none in forty good ones, by the engine that serves", async () => {
  expect([good.length, planted.length]).toEqual([40, 40]);
  const inference = await startInference();
  try {
    const codes = async (draft: DraftDocument): Promise<string[]> => {
      const policies = draft.policies.map(({ name, description }) => ({ name, description }));
      const answer = await inference.post("/v1/similarity", { contract: 1, policies });
      const { similarities } = similarityResponseSchema.parse(await answer.json());
      const asked = { similarities: { policies: similarities, names: [] }, budget: { policyTokens: 64 } };
      const findings = lintDraft(draft, new Set(["small", "large"]), asked);
      return findings.filter(({ severity }) => severity !== "info").map(({ code }) => code);
    };
    const alarms: string[] = [];
    for (const world of good) if ((await codes(draftOf(policiesOf(world)))).length > 0) alarms.push(world);
    const missed: string[] = [];
    let found = 0;
    for (const flaw of planted) {
      if ((await codes(draftWith(flaw))).includes(flaw.code)) found += 1;
      else missed.push(`${flaw.code} in ${flaw.world}`);
    }
    const [precision, recall] = [found / (found + alarms.length), found / planted.length];
    console.info(`lint: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`, { alarms, missed });
    expect(precision).toBeGreaterThanOrEqual(0.9);
    expect(recall).toBeGreaterThanOrEqual(0.7);
  } finally {
    await inference.stop();
  }
});
