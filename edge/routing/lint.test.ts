import { describe, expect, it } from "vitest";
import { draftDocumentSchema } from "./draft-document.ts";
import { lintDraft, type Asked } from "./lint.ts";

const POLICIES = [
  { name: "contract review", description: "Find risky clauses in a contract; not for drafting" },
  { name: "drafting", description: "Write a new contract or a clause of one" },
];
const TARGETS = { "contract review": { model: "large", fallbacks: ["small"] }, drafting: { model: "large" } };
const KNOWN = new Set(["small", "large"]);

/** Cosines of two policies: of their texts, of the second's description with each name, of their descriptions. */
const alike = (
  texts: number,
  [own, other]: readonly [number, number] = [0.5, 0.2],
  descriptions = texts,
): Asked["similarities"] => ({
  policies: [
    [1, texts],
    [texts, 1],
  ],
  descriptions: [
    [1, descriptions],
    [descriptions, 1],
  ],
  names: [
    [0.5, 0.2],
    [other, own],
  ],
});

const lint = (more: object, asked: Partial<Asked> = {}) => {
  const draft = { policies: POLICIES, targets: TARGETS, fallback: { model: "small" }, ...more };
  const answers = { similarities: alike(0.3), budget: { policyTokens: 64 }, ...asked };
  return lintDraft(draftDocumentSchema.parse(draft), KNOWN, answers);
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
    const asked = { similarities: alike(0.8) };
    const [finding] = lint({}, asked);
    expect(finding).toMatchObject({ severity: "warning", code: "near_duplicate", path: ["policies", 1] });
    for (const { name, description } of POLICIES) expect(finding?.message).toContain(`"${name}: ${description}"`);
    expect(lint({ policies: [POLICIES[0], { ...POLICIES[1], domain: "legal", level: "domain" }] }, asked)).toEqual([]);
  });

  it.each([
    [0.76, []],
    [0.77, [["info", "overlap", "policies/1"]]],
    [0.79, [["info", "overlap", "policies/1"]]],
    [0.8, [["warning", "near_duplicate", "policies/1"]]],
  ])("tells overlapping policies from nearly the same (%s)", (texts, findings) => {
    expect(brief(lint({}, { similarities: alike(texts) }))).toEqual(findings);
  });

  it("compares the policies of two domains by their names, too: that they say `any other question` is no flaw", () => {
    const policies = POLICIES.map((policy) => ({ ...policy, domain: policy.name, level: "domain" }));
    expect(lint({ policies }, { similarities: alike(0.7, [0.5, 0.2], 0.95) })).toEqual([]);
    expect(brief(lint({ policies }, { similarities: alike(0.8, [0.5, 0.2], 0.95) }))).toEqual([
      ["warning", "near_duplicate", "policies/1"],
    ]);
  });

  it("says of texts that the encoder cannot read only that they are all but the same", () => {
    const policies = [
      { name: "contract review", description: "Findet heikle Klauseln in einem Vertrag, den uns jemand geschickt hat" },
      {
        name: "drafting",
        description: "Schreibt einen neuen Vertrag oder eine einzelne Klausel nach Vorgaben des Nutzers",
      },
    ];
    const found = (texts: number) => brief(lint({ policies }, { similarities: alike(texts, [0.1, 0.5]) }));
    expect(found(0.84)).toEqual([]);
    expect(found(0.85)).toEqual([["warning", "near_duplicate", "policies/1"]]);
  });

  it.each([
    ["much nearer", 0.5, [0.1, 0.45], 1],
    ["much nearer, but unlike the sibling's own,", 0.3, [0.1, 0.45], 0],
    ["a little nearer", 0.5, [0.3, 0.45], 0],
    ["nearer, but not near", 0.7, [0, 0.29], 0],
    ["nearer, in policies that overlap,", 0.78, [0.15, 0.45], 0],
    ["far nearer, in policies that overlap,", 0.78, [0.1, 0.45], 1],
  ] as const)("names a description that is %s to a sibling's name than to its own", (_name, texts, near, times) => {
    const findings = lint({}, { similarities: alike(texts, near) });
    const named = findings.filter(({ code }) => code === "closer_to_sibling");
    expect(brief(named)).toEqual(Array(times).fill(["warning", "closer_to_sibling", "policies/1/description"]));
    for (const { message } of named) expect(message).toContain("contract review (0.45 against 0.10)");
    expect(findings, "one thing is said of two policies, not two").toHaveLength(times || Number(texts >= 0.77));
  });

  it("needs less of a difference when two descriptions are each nearer to the other's name", () => {
    const similarities = (first: number): Asked["similarities"] => ({
      ...alike(0.3)!,
      names: [
        [0.3, 0.3 + first],
        [0.5, 0.45],
      ],
    });
    const codes = (first: number) => brief(lint({}, { similarities: similarities(first) }));
    expect(codes(0.16)).toEqual([
      ["warning", "closer_to_sibling", "policies/0/description"],
      ["warning", "closer_to_sibling", "policies/1/description"],
    ]);
    expect(codes(0.1)).toEqual([]);
  });

  it("does not take exchanged descriptions for policies that mean the same", () => {
    const names = [
      [0.1, 0.45],
      [0.45, 0.1],
    ];
    const similarities = { ...alike(0.85, [0.1, 0.45], 0.2)!, names };
    expect(brief(lint({}, { similarities }))).toEqual([
      ["warning", "closer_to_sibling", "policies/0/description"],
      ["warning", "closer_to_sibling", "policies/1/description"],
    ]);
  });

  it("names descriptions whose end is not read, and a prompt that holds more than there is room for", () => {
    const long = { policies: [POLICIES[0], { name: "drafting", description: "a clause, ".repeat(30) }] };
    const short = { budget: { promptTokens: 20 } };
    expect(brief(lint(long))).toEqual([["warning", "description_cut", "policies/1/description"]]);
    expect(lint(long)[0]?.message).toContain("the first 64 tokens of a policy; the about 78 of drafting");
    expect(brief(lint({}, short))).toEqual([["warning", "prompt_too_long", "policies"]]);
    expect(brief(lint(long, { budget: {} }))).toEqual([]);
  });

  it("says when the inference service could not be asked, and answers what needs no asking", () => {
    const asked = { similarities: null, budget: null };
    expect(brief(lint({ fallback: null }, asked))).toEqual([
      ["error", "no_fallback", "fallback"],
      ["info", "similarity_unchecked", "policies"],
      ["info", "budget_unchecked", "settings/engine"],
    ]);
    expect(brief(lint({ policies: [], targets: {} }, asked))).toEqual([["error", "no_policies", "policies"]]);
  });
});
