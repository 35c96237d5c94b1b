import { z } from "@hono/zod-openapi";
import { isId } from "../../ids.ts";
import { draftDocumentSchema } from "../../routing/draft-document.ts";
import { policySchema, routerDocumentSchema, slugSchema } from "../../routing/router-document.ts";
import { instantSchema, lineSchema } from "../text.ts";

export const createRouterSchema = z
  .strictObject({ slug: slugSchema.openapi({ description: "`default` answers to the model name `auto`." }) })
  .openapi("CreateRouter");
export type CreateRouter = z.infer<typeof createRouterSchema>;

export const renameRouterSchema = z.strictObject({ slug: slugSchema }).openapi("RenameRouter");
export type RenameRouter = z.infer<typeof renameRouterSchema>;

export const routerSchema = z
  .object({
    id: z.string(),
    slug: z.string(),
    published_version: z.number().int().nullable().openapi({ description: "The version that serves traffic." }),
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("Router");
export type RouterView = z.infer<typeof routerSchema>;

export const draftSchema = draftDocumentSchema.openapi("Draft");

const gateSchema = z.strictObject({
  min_accuracy: z.number().min(0).max(1).openapi({ description: "Share of golden turns that must be right." }),
  evaluation: z
    .string()
    .refine((id) => isId("evaluation", id), "must be an evaluation's id")
    .optional()
    .openapi({ description: "Taken instead of deciding now; needed for more than 200 golden turns." }),
});
export type Gate = z.infer<typeof gateSchema>;

export const publishSchema = z
  .strictObject({
    note: lineSchema(500).nullable().default(null).openapi({ description: "Why, for those who read the history." }),
    gate: gateSchema.optional().openapi({ description: "What the draft must pass on the router's golden cases." }),
  })
  .openapi("Publish");
export type Publish = z.infer<typeof publishSchema>;

export const rollbackSchema = z
  .strictObject({
    to: z.number().int().min(1).max(999_999_999).openapi({ description: "The version to publish a copy of." }),
    note: publishSchema.shape.note,
  })
  .openapi("Rollback");
export type Rollback = z.infer<typeof rollbackSchema>;

export const versionSummarySchema = z
  .object({
    slug: z.string(),
    version: z.number().int(),
    policy_digest: z.string(),
    published_at: instantSchema,
    published_by: z.string().openapi({ description: "Key id." }),
    note: z.string().nullable(),
  })
  .openapi("VersionSummary");
export type VersionSummary = z.infer<typeof versionSummarySchema>;

export const importedVersionSchema = versionSummarySchema
  .extend({ created: z.boolean().openapi({ description: "False when this document served traffic already." }) })
  .openapi("ImportedVersion");
export type ImportedVersion = z.infer<typeof importedVersionSchema>;

export const versionSchema = versionSummarySchema.extend({ document: routerDocumentSchema }).openapi("Version");
export type VersionView = z.infer<typeof versionSchema>;

const revisionSchema = z.union([z.literal("draft"), z.number().int()]);
const changesSchema = z
  .record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }))
  .openapi({ description: "By JSON pointer of the smallest differing parts; null stands for absent." });

export const differenceSchema = z
  .object({
    from: revisionSchema,
    to: revisionSchema,
    policies: z.object({
      added: z.array(policySchema),
      removed: z.array(policySchema),
      changed: z.array(z.object({ name: z.string(), changes: changesSchema })),
      reordered: z.boolean(),
    }),
    targets: changesSchema,
    fallback: changesSchema,
    unsure: changesSchema,
    settings: changesSchema,
  })
  .openapi("VersionDifference");

/** A legal assistant with an action and a domain policy, as examples show it. */
export const EXAMPLE_DRAFT: z.input<typeof draftSchema> = {
  policies: [
    { name: "contract review", description: "Find risky clauses in a contract; not for drafting", domain: "legal" },
    { name: "legal", description: "Any other legal question", domain: "legal", level: "domain" },
  ],
  targets: {
    "contract review": { model: "gpt-5", fallbacks: ["gpt-5-mini"] },
    legal: { model: "gpt-5-mini" },
  },
  fallback: { model: "gpt-5-mini" },
  unsure: null,
  settings: { engine: "default", deadline_ms: 250, min_confidence: 0.5, mode: "enforce" },
};
