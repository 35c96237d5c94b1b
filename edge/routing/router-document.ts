import { z } from "zod";

/** Names a policy may not have: outcomes of a decision, or a trap for code that uses names as object keys. */
const RESERVED_NAMES = new Set(["other", "unsure", "__proto__", "constructor", "prototype"]);
const FORBIDDEN_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>{}"]/u;
const INTEGER_LIKE = /^\d+$/;
const RESERVED_SLUG = /^(auto$|router\/)/;

export const slugSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit");

/** A model slug is what clients send as `model`; `auto` and `router/…` mean routing. */
export const modelSlugSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, "1 to 128 of A-Z a-z 0-9 . _ : / -, beginning with a letter or digit")
  .refine((slug) => !RESERVED_SLUG.test(slug), "`auto` and `router/…` are reserved");

export const policyNameSchema = z
  .string()
  .min(1)
  .max(64)
  .refine((name) => name === name.normalize("NFC") && name.isWellFormed(), "must be in Unicode normal form C")
  .refine((name) => name === name.trim(), "must not begin or end with white space")
  .refine((name) => !FORBIDDEN_CHARACTERS.test(name), 'must not hold control characters or any of < > { } "')
  .refine((name) => !INTEGER_LIKE.test(name), "must not be a whole number")
  .refine((name) => !RESERVED_NAMES.has(name.toLowerCase()), "is a reserved name");

export const policySchema = z.object({
  name: policyNameSchema,
  description: z
    .string()
    .max(2000)
    .refine((text) => text.isWellFormed(), "must be well-formed Unicode"),
  domain: z.string().min(1).max(64).optional(),
  level: z.enum(["action", "domain"]).optional(),
});

/** Fields of a chat-completions request: any JSON, as the model's own API defines it. */
const fieldsSchema = z.record(z.string().min(1).max(64), z.unknown());

export const targetSchema = z.object({
  model: modelSlugSchema,
  fallbacks: z.array(modelSlugSchema).max(5).optional(),
  /** Defaults for fields the client did not send. */
  params: fieldsSchema.optional(),
  /** Fields that win over the client's. */
  override: fieldsSchema.optional(),
  /** Fields this model rejects: removed before forwarding. */
  drop: z.array(z.string().min(1).max(64)).max(32).optional(),
});

export const settingsSchema = z.object({
  engine: z.string().min(1).max(64).default("default"),
  /** Milliseconds a routing decision may take before the fallback target serves. */
  deadline_ms: z.number().int().min(10).max(10_000).default(250),
  /** Calibrated confidence (0..1) under which the outcome is `unsure`. */
  min_confidence: z.number().min(0).max(1).default(0),
  /** Added to the log-odds of `other`: above 0 more turns are `other`, below 0 fewer. */
  other_bias: z.number().min(-10).max(10).optional(),
  mode: z.enum(["enforce", "observe"]).default("enforce"),
  record_prompts: z
    .boolean()
    .optional()
    .describe("Keeps what is said to this router, encrypted. Nothing is kept unless a published version says so."),
  record_answers: z.boolean().optional().describe("Keeps the text of answers too; nothing without `record_prompts`."),
  record_percent: z
    .number()
    .gt(0)
    .max(100)
    .optional()
    .describe("Percent of conversations that are kept, each as a whole; 100 when absent."),
  record_days: z
    .number()
    .int()
    .min(1)
    .max(365)
    .optional()
    .describe("Days after which what was kept is removed; 30 when absent."),
});

/** A router version: policies the router model reads, targets it never sees, and settings. */
export const routerDocumentSchema = z
  .object({
    policies: z.array(policySchema).max(200),
    targets: z.record(z.string(), targetSchema),
    fallback: targetSchema,
    unsure: targetSchema.nullable().default(null),
    settings: settingsSchema.default(() => settingsSchema.parse({})),
  })
  .superRefine(checkPolicyNames);

interface NamedPolicies {
  readonly policies: readonly { readonly name: string }[];
  readonly targets: Readonly<Record<string, unknown>>;
}

/** Reports policies that share a name, letter case aside, and targets of policies that are not there. */
export function checkPolicyNames(document: NamedPolicies, context: z.RefinementCtx): void {
  const seen = new Map<string, number>();
  document.policies.forEach((policy, index) => {
    const folded = policy.name.toLowerCase();
    const earlier = seen.get(folded);
    if (earlier !== undefined) {
      const message = `is the same name as policies[${String(earlier)}], letter case aside`;
      context.addIssue({ code: "custom", path: ["policies", index, "name"], message });
    }
    seen.set(folded, index);
  });
  const names = new Set(document.policies.map((policy) => policy.name));
  for (const name of Object.keys(document.targets)) {
    if (!names.has(name)) {
      context.addIssue({ code: "custom", path: ["targets", name], message: "is not a policy of this document" });
    }
  }
}

export type RouterDocument = z.infer<typeof routerDocumentSchema>;
export type RouterDocumentInput = z.input<typeof routerDocumentSchema>;
export type Target = z.infer<typeof targetSchema>;
export type RouterSettings = z.infer<typeof settingsSchema>;

/** Every model slug a document names, without repeats. */
export function modelsOf(document: RouterDocument): string[] {
  const targets = [
    ...Object.values(document.targets),
    document.fallback,
    ...(document.unsure ? [document.unsure] : []),
  ];
  return [...new Set(targets.flatMap((target) => [target.model, ...(target.fallbacks ?? [])]))];
}
