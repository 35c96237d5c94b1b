import { z } from "@hono/zod-openapi";
import { modelSlugSchema, slugSchema } from "../../routing/router-document.ts";
import { capabilitiesSchema, MODALITIES, pricesSchema, timeoutsSchema } from "../../tenancy/snapshot.ts";
import { instantSchema, lineSchema } from "../text.ts";

const modalitiesSchema = z
  .array(z.enum(MODALITIES))
  .min(1)
  .refine((items) => new Set(items).size === items.length, "must not repeat a modality")
  .refine((items) => items.includes("text"), "must include text");

/** What can be said about a model beside its name; PATCH takes each alone. */
const fields = {
  provider: slugSchema.openapi({ description: "Slug of a provider of this tenant." }),
  upstream_model: lineSchema(256).openapi({ description: "What the provider calls the model." }),
  prices: pricesSchema.strict().nullable().openapi({ description: "US dollars per million tokens." }),
  context_window: z.number().int().min(1).max(100_000_000).nullable().openapi({ description: "Tokens." }),
  modalities: modalitiesSchema,
  capabilities: capabilitiesSchema.strict().openapi({ description: "What is absent counts as yes." }),
  timeouts: timeoutsSchema.strict().openapi({
    description:
      "Milliseconds; what is absent takes the default. A provider that is silent for `first_byte_ms` is not asked " +
      "again; the next fallback is, while the request is not 15 minutes old, or the longest `total_ms` of its models.",
  }),
};

export const createModelSchema = z
  .strictObject({
    slug: modelSlugSchema,
    provider: fields.provider,
    upstream_model: fields.upstream_model,
    prices: fields.prices.default(null),
    context_window: fields.context_window.default(null),
    modalities: fields.modalities.default(["text"]),
    capabilities: fields.capabilities.default({}),
    timeouts: fields.timeouts.default({}),
  })
  .openapi("CreateModel");
export type CreateModel = z.infer<typeof createModelSchema>;

export const updateModelSchema = z.strictObject(fields).partial().openapi("UpdateModel");
export type UpdateModel = z.infer<typeof updateModelSchema>;

export const modelSchema = z
  .object({
    id: z.string(),
    slug: z.string(),
    provider: z.string(),
    upstream_model: z.string(),
    prices: pricesSchema.nullable(),
    context_window: z.number().int().nullable(),
    modalities: z.array(z.enum(MODALITIES)),
    capabilities: capabilitiesSchema,
    timeouts: timeoutsSchema,
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("CatalogueModel");
export type ModelView = z.infer<typeof modelSchema>;
