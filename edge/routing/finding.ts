/** Something wrong with a draft, or likely to be. */
export interface Finding {
  /** An `error` keeps the draft from being published; nothing else does. */
  readonly severity: "error" | "warning" | "info";
  readonly code: FindingCode;
  /** Path into the draft. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

export const FINDING_CODES = [
  "no_policies",
  "no_fallback",
  "unknown_model",
  "empty_description",
  "one_word_description",
  "duplicate_description",
  "near_duplicate",
  "overlap",
  "closer_to_sibling",
  "description_cut",
  "prompt_too_long",
  "domain_without_policy",
  "policy_without_target",
  "unreachable_fallback",
  "similarity_unchecked",
  "budget_unchecked",
] as const;
type FindingCode = (typeof FINDING_CODES)[number];
