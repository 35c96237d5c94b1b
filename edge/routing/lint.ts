import { publishable, type DraftDocument } from "./draft-document.ts";
import type { Finding } from "./finding.ts";
import { lintBudget, type Budget } from "./lint-budget.ts";
import { lintSimilarity, type Similarities } from "./lint-similarity.ts";
import type { Target } from "./router-document.ts";
import { wordsOf } from "./words.ts";

/** What the inference service says about a draft; null where it could not be asked. */
export interface Asked {
  readonly similarities: Similarities | null;
  readonly budget: Budget | null;
}

type DraftPolicy = DraftDocument["policies"][number];

/**
 * What is wrong with a draft, or likely to be: what publishing would refuse, policies the router model cannot tell
 * apart, and targets that cannot do what they are there for. `known` are the tenant's model slugs the draft names.
 */
export function lintDraft(draft: DraftDocument, known: ReadonlySet<string>, asked: Asked): Finding[] {
  const checked = publishable(draft, known);
  return [
    ...("findings" in checked ? checked.findings : []),
    ...draft.policies.flatMap((policy, index) => describedTooThinly(policy, index)),
    ...sameDescriptions(draft.policies),
    ...lintSimilarity(draft.policies, asked.similarities),
    ...lintBudget(draft, asked.budget),
    ...domainsWithoutPolicy(draft.policies),
    ...policiesWithoutTarget(draft),
    ...uselessFallbacks(draft),
  ];
}

function describedTooThinly({ name, description }: DraftPolicy, index: number): Finding[] {
  const words = wordsOf(description);
  const path = ["policies", index, "description"];
  const hint = "Say in a sentence what a user wants who belongs here, and what does not belong.";
  if (words.length === 0) {
    const message = `The policy ${name} has no description: the router model sees only its name.`;
    return [{ severity: "warning", code: "empty_description", path, message, hint }];
  }
  if (words.length === 1) {
    const message = `The description of ${name} is one word: ${quoted(description)}.`;
    return [{ severity: "warning", code: "one_word_description", path, message, hint }];
  }
  return [];
}

function sameDescriptions(policies: readonly DraftPolicy[]): Finding[] {
  const first = new Map<string, DraftPolicy>();
  return policies.flatMap((policy, index): Finding[] => {
    const folded = wordsOf(policy.description).join(" ");
    if (folded === "") return [];
    const earlier = first.get(folded);
    first.set(folded, earlier ?? policy);
    if (earlier === undefined) return [];
    return [
      {
        severity: "warning",
        code: "duplicate_description",
        path: ["policies", index, "description"],
        message: `${policy.name} is described as ${earlier.name} is: ${quoted(policy.description)}.`,
        hint: "Say what sets the two apart, or make them one policy.",
      },
    ];
  });
}

function domainsWithoutPolicy(policies: readonly DraftPolicy[]): Finding[] {
  const covered = new Set(policies.filter(({ level }) => level === "domain").map(({ domain }) => domain));
  const seen = new Set<string>();
  return policies.flatMap(({ domain, level }, index): Finding[] => {
    if (domain === undefined || level === "domain" || covered.has(domain) || seen.has(domain)) return [];
    seen.add(domain);
    return [
      {
        severity: "info",
        code: "domain_without_policy",
        path: ["policies", index, "domain"],
        message: `Turns about ${quoted(domain)} that none of its actions fits go to the router's fallback.`,
        hint: 'Add a policy of that domain with "level": "domain" if they should not.',
      },
    ];
  });
}

const policiesWithoutTarget = ({ policies, targets }: DraftDocument): Finding[] =>
  policies.flatMap(({ name }, index): Finding[] =>
    Object.hasOwn(targets, name)
      ? []
      : [
          {
            severity: "warning",
            code: "policy_without_target",
            path: ["policies", index],
            message: `${name} has no target: the router's fallback serves what matches it.`,
            hint: "Give it a target, or leave the policy out if it is to be treated like everything else.",
          },
        ],
  );

function uselessFallbacks({ targets, fallback, unsure }: DraftDocument): Finding[] {
  const all: [(string | number)[], Target | null][] = [
    ...Object.entries(targets).map(([name, target]): [(string | number)[], Target] => [["targets", name], target]),
    [["fallback"], fallback],
    [["unsure"], unsure],
  ];
  return all.flatMap(([path, target]) => {
    const earlier = new Set(target === null ? [] : [target.model]);
    return (target?.fallbacks ?? []).flatMap((model, index): Finding[] => {
      if (!earlier.has(model)) {
        earlier.add(model);
        return [];
      }
      return [
        {
          severity: "warning",
          code: "unreachable_fallback",
          path: [...path, "fallbacks", index],
          message: `${model} has been tried before its turn comes.`,
          hint: "Remove it, or name another model.",
        },
      ];
    });
  });
}

const quoted = (text: string): string => `"${text}"`;
