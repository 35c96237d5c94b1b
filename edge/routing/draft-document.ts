import { z } from "zod";
import type { Finding } from "./finding.ts";
import {
  checkPolicyNames,
  policySchema,
  settingsSchema,
  targetSchema,
  type RouterDocument,
} from "./router-document.ts";

const draftTargetSchema = targetSchema.strict();

/**
 * A router document while people edit it: the same rules on names and shapes, but `fallback` may still be null and
 * models need not exist yet. Unknown fields are refused, so that nothing a person wrote is silently lost.
 */
export const draftDocumentSchema = z
  .strictObject({
    policies: z.array(policySchema.strict()).max(200),
    targets: z.record(z.string(), draftTargetSchema),
    fallback: draftTargetSchema.nullable(),
    unsure: draftTargetSchema.nullable().default(null),
    settings: settingsSchema.strict().default(() => settingsSchema.parse({})),
  })
  .superRefine(checkPolicyNames);

export type DraftDocument = z.infer<typeof draftDocumentSchema>;

/** What a new router's draft holds: nothing but the default settings. */
export const emptyDraft = (): DraftDocument => draftDocumentSchema.parse({ policies: [], targets: {}, fallback: null });

/**
 * The document a draft becomes when it is published, or the errors that keep it from that: nowhere else is it decided
 * what blocks publishing. Policies without a target are served by the fallback; `known` are the tenant's model slugs
 * among those the draft names.
 */
export function publishable(
  draft: DraftDocument,
  known: ReadonlySet<string>,
): { readonly document: RouterDocument } | { readonly findings: Finding[] } {
  const findings = unknownModels(draft, known);
  if (draft.policies.length === 0) findings.push(NO_POLICIES);
  const { fallback } = draft;
  if (fallback === null) findings.push(NO_FALLBACK);
  return fallback === null || findings.length > 0 ? { findings } : { document: { ...draft, fallback } };
}

const NO_POLICIES: Finding = {
  severity: "error",
  code: "no_policies",
  path: ["policies"],
  message: "there must be at least one policy",
  hint: "Add a policy: a name, and a sentence on what a user wants who belongs there.",
};

const NO_FALLBACK: Finding = {
  severity: "error",
  code: "no_fallback",
  path: ["fallback"],
  message: "there must be a fallback target",
  hint: "Name the model that serves what no policy matches.",
};

/** Every model slug a draft names, without repeats. */
export const modelsOfDraft = (draft: DraftDocument): string[] => [
  ...new Set(namedModels(draft).map(({ model }) => model)),
];

function unknownModels(draft: DraftDocument, known: ReadonlySet<string>): Finding[] {
  return namedModels(draft)
    .filter(({ model }) => !known.has(model))
    .map(({ path, model }) => ({
      severity: "error",
      code: "unknown_model",
      path,
      message: `there is no model ${model}`,
      hint: "Create the model, or name one that exists.",
    }));
}

function namedModels(draft: DraftDocument): { path: (string | number)[]; model: string }[] {
  const targets = [
    ...Object.entries(draft.targets).map(([policy, target]) => ({ at: ["targets", policy], target })),
    { at: ["fallback"], target: draft.fallback },
    { at: ["unsure"], target: draft.unsure },
  ];
  return targets.flatMap(({ at, target }) => [
    ...(target === null ? [] : [{ path: [...at, "model"], model: target.model }]),
    ...(target?.fallbacks ?? []).map((model, index) => ({ path: [...at, "fallbacks", index], model })),
  ]);
}
