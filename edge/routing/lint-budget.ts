import type { DraftDocument } from "./draft-document.ts";
import type { Finding } from "./finding.ts";
import { textTokens } from "./token-estimate.ts";

/** How much of a policy set the engine of a draft reads, in tokens; what is absent has no bound. */
export interface Budget {
  /** Of each policy's text. */
  readonly policyTokens?: number | undefined;
  /** Of all policies together. */
  readonly promptTokens?: number | undefined;
}

const NOT_ASKED: Finding = {
  severity: "info",
  code: "budget_unchecked",
  path: ["settings", "engine"],
  message: "The inference service did not say how much this engine reads, so lengths were not checked.",
  hint: "Lint again in a moment; if it stays, check that settings name an engine that exists.",
};

/** Texts longer than what the engine reads of them, by a rough estimate; null when it could not be asked. */
export function lintBudget({ policies }: DraftDocument, budget: Budget | null): Finding[] {
  if (policies.length === 0) return [];
  if (budget === null) return [NOT_ASKED];
  const { policyTokens = Infinity, promptTokens = Infinity } = budget;
  const cut = policies.flatMap(({ name, description }, index): Finding[] => {
    const tokens = Math.ceil(textTokens(`${name}: ${description}`));
    if (tokens <= policyTokens) return [];
    return [
      {
        severity: "warning",
        code: "description_cut",
        path: ["policies", index, "description"],
        message: `The engine reads the first ${policyTokens} tokens of a policy; the about ${tokens} of ${name} are cut.`,
        hint: "Put first what sets it apart and shorten the rest: the end is not read.",
      },
    ];
  });
  // As the prompt spells them: every policy an object of its name and its description.
  const prompt = policies.map(({ name, description }) => JSON.stringify({ name, description })).join();
  const tokens = Math.ceil(textTokens(prompt));
  if (tokens <= promptTokens) return cut;
  return [
    ...cut,
    {
      severity: "warning",
      code: "prompt_too_long",
      path: ["policies"],
      message: `All policies together take about ${tokens} tokens of the prompt, where ${promptTokens} are left for them.`,
      hint: "Shorten descriptions, or split the router: past its window the engine refuses, and the fallback serves.",
    },
  ];
}
