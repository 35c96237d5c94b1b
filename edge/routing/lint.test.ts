import { describe, expect, it } from "vitest";
import { draftDocumentSchema } from "./draft-document.ts";
import { lintDraft, type Similarities } from "./lint.ts";

const POLICIES = [
  { name: "contract review", description: "Find risky clauses in a contract; not for drafting" },
  { name: "drafting", description: "Write a new contract or a clause of one" },
];
const TARGETS = { "contract review": { model: "large", fallbacks: ["small"] }, drafting: { model: "large" } };
const KNOWN = new Set(["small", "large"]);

const lint = (
  more: object,
  similarities: Similarities = [
    [1, 0.3],
    [0.3, 1],
  ],
) => {
  const draft = { policies: POLICIES, targets: TARGETS, fallback: { model: "small" }, ...more };
  return lintDraft(draftDocumentSchema.parse(draft), KNOWN, similarities);
};
const brief = (findings: ReturnType<typeof lint>) =>
  findings.map(({ severity, code, path }) => [severity, code, path.join("/")]);

describe("a draft, linted", () => {
  it("has no findings when it is good", () => {
    expect(lint({})).toEqual([]);
  });

  it.each([
    ["no fallback", { fallback: null }, ["error", "no_fallback", "fallback"]],
    ["no policies", { policies: [], targets: {} }, ["error", "no_policies", "policies"]],
    ["an unknown model", { unsure: { model: "gone" } }, ["error", "unknown_model", "unsure/model"]],
    [
      "an empty description",
      { policies: [POLICIES[0], { name: "drafting", description: " " }] },
      ["warning", "empty_description", "policies/1/description"],
    ],
    [
      "a description of one word",
      { policies: [POLICIES[0], { name: "drafting", description: "Drafting!" }] },
      ["warning", "one_word_description", "policies/1/description"],
    ],
    [
      "a description twice, letter case and punctuation aside",
      {
        policies: [
          POLICIES[0],
          { name: "drafting", description: "find risky clauses in a contract - not for drafting." },
        ],
      },
      ["warning", "duplicate_description", "policies/1/description"],
    ],
    [
      "a domain without a policy of its own",
      {
        policies: [
          { ...POLICIES[0], domain: "legal" },
          { ...POLICIES[1], domain: "legal" },
        ],
      },
      ["info", "domain_without_policy", "policies/0/domain"],
    ],
    [
      "a policy without a target",
      { targets: { drafting: TARGETS.drafting } },
      ["warning", "policy_without_target", "policies/0"],
    ],
    [
      "a fallback that repeats its target",
      { fallback: { model: "small", fallbacks: ["large", "small"] } },
      ["warning", "unreachable_fallback", "fallback/fallbacks/1"],
    ],
  ])("names %s", (_name, more, finding) => {
    expect(brief(lint(more))).toContainEqual(finding);
  });

  it("shows both texts of policies that are nearly the same, unless one is the other's domain", () => {
    const alike = [
      [1, 0.8],
      [0.8, 1],
    ];
    const [finding] = lint({}, alike);
    expect(finding).toMatchObject({ severity: "warning", code: "near_duplicate", path: ["policies", 1] });
    for (const { name, description } of POLICIES) expect(finding?.message).toContain(`"${name}: ${description}"`);
    expect(lint({ policies: [POLICIES[0], { ...POLICIES[1], domain: "legal", level: "domain" }] }, alike)).toEqual([]);
  });

  it("says when policies could not be compared", () => {
    expect(brief(lint({}, null))).toEqual([["info", "similarity_unchecked", "policies"]]);
  });
});
