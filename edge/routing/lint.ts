import { publishable, type DraftDocument } from "./draft-document.ts";
import type { Target } from "./router-document.ts";

export interface LintFinding {
  /** An `error` keeps the draft from being published. */
  readonly severity: "error" | "warning" | "info";
  readonly code: string;
  /** Path into the draft. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Cosine of two policies' texts, by place in the draft; null when nobody could be asked. */
export type Similarities = readonly (readonly number[])[] | null;

type DraftPolicy = DraftDocument["policies"][number];

/**
 * Texts at least this alike say the same to the embedded engine. Of the 2,498 pairs within the policy sets of
 * `inference/evaluation/worlds` two reach it, each an action and its own domain, which are not compared here; six pairs
 * of policies written to mean the same lie between 0.72 and 0.91.
 */
const NEAR_DUPLICATE = 0.7;

/**
 * What is wrong with a draft, or likely to be: what publishing would refuse, policies the router model cannot tell
 * apart, and targets that cannot do what they are there for. `known` are the tenant's model slugs the draft names.
 */
export function lintDraft(draft: DraftDocument, known: ReadonlySet<string>, similarities: Similarities): LintFinding[] {
  return [
    ...unpublishable(draft, known),
    ...draft.policies.flatMap((policy, index) => describedTooThinly(policy, index)),
    ...sameDescriptions(draft.policies),
    ...nearDuplicates(draft.policies, similarities),
    ...domainsWithoutPolicy(draft.policies),
    ...policiesWithoutTarget(draft),
    ...uselessFallbacks(draft),
    ...(similarities === null && draft.policies.length > 1 ? [NOT_COMPARED] : []),
  ];
}

const NOT_COMPARED: LintFinding = {
  severity: "info",
  code: "similarity_unchecked",
  path: ["policies"],
  message: "The inference service did not answer, so policies were not compared with each other.",
  hint: "Lint again in a moment.",
};

function unpublishable(draft: DraftDocument, known: ReadonlySet<string>): LintFinding[] {
  const checked = publishable(draft, known);
  if (!("findings" in checked)) return [];
  return checked.findings.map(({ path, detail }) => ({
    severity: "error",
    code: path[0] === "policies" ? "no_policies" : path.length === 1 ? "no_fallback" : "unknown_model",
    path,
    message: detail,
    hint: path.length === 1 ? "Add it to the draft." : "Create the model, or name one that exists.",
  }));
}

function describedTooThinly({ name, description }: DraftPolicy, index: number): LintFinding[] {
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

function sameDescriptions(policies: readonly DraftPolicy[]): LintFinding[] {
  const first = new Map<string, DraftPolicy>();
  return policies.flatMap((policy, index): LintFinding[] => {
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

function nearDuplicates(policies: readonly DraftPolicy[], similarities: Similarities): LintFinding[] {
  return policies.flatMap((policy, index) =>
    policies.slice(0, index).flatMap((earlier, place): LintFinding[] => {
      const alike = similarities?.[index]?.[place] ?? 0;
      const same = wordsOf(policy.description).join(" ") === wordsOf(earlier.description).join(" ");
      // A domain's own policy is meant to be near its actions.
      const levels = (policy.level === "domain") === (earlier.level === "domain");
      if (alike < NEAR_DUPLICATE || same || !levels) return [];
      const texts = [earlier, policy].map(({ name, description }) => quoted(`${name}: ${description}`)).join(" and ");
      return [
        {
          severity: "warning",
          code: "near_duplicate",
          path: ["policies", index],
          message: `The router model hardly tells these two apart (${alike.toFixed(2)}): ${texts}.`,
          hint: "Say in each what belongs to the other, or make them one policy.",
        },
      ];
    }),
  );
}

function domainsWithoutPolicy(policies: readonly DraftPolicy[]): LintFinding[] {
  const covered = new Set(policies.filter(({ level }) => level === "domain").map(({ domain }) => domain));
  const seen = new Set<string>();
  return policies.flatMap(({ domain, level }, index): LintFinding[] => {
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

const policiesWithoutTarget = ({ policies, targets }: DraftDocument): LintFinding[] =>
  policies.flatMap(({ name }, index): LintFinding[] =>
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

function uselessFallbacks({ targets, fallback, unsure }: DraftDocument): LintFinding[] {
  const all: [(string | number)[], Target | null][] = [
    ...Object.entries(targets).map(([name, target]): [(string | number)[], Target] => [["targets", name], target]),
    [["fallback"], fallback],
    [["unsure"], unsure],
  ];
  return all.flatMap(([path, target]) => {
    const earlier = new Set(target === null ? [] : [target.model]);
    return (target?.fallbacks ?? []).flatMap((model, index): LintFinding[] => {
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

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const quoted = (text: string): string => `"${text}"`;
