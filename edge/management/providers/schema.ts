import { z } from "@hono/zod-openapi";
import { modelSlugSchema, slugSchema } from "../../routing/router-document.ts";
import { providerKindSchema } from "../../tenancy/snapshot.ts";
import { instantSchema } from "../text.ts";

/** Goes into a request header as it is, so it may hold nothing that could end one. */
const credentialSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,4096}$/, "1 to 4096 printable ASCII characters without spaces")
  .nullable()
  .openapi({
    description:
      "Write-only: sealed at rest, never given back. Sent as `authorization: Bearer`, by `azure-openai` as `api-key`. " +
      "For `bedrock`, an API key of Bedrock.",
    format: "password",
  });

const baseUrlSchema = z
  .string()
  .max(2048)
  .nullable()
  .openapi({
    description:
      "https, a public address, without credentials. Null for `echo`, which has none, and for the vendor's own where " +
      "the kind has one: `openai` https://api.openai.com/v1, `anthropic` https://api.anthropic.com/v1, `google` " +
      "https://generativelanguage.googleapis.com/v1beta/openai. Needed for `openai-compatible`, for `azure-openai` " +
      "(https://RESOURCE.openai.azure.com/openai/v1) and for `bedrock` " +
      "(https://bedrock-runtime.REGION.amazonaws.com/openai/v1).",
  });

const kindSchema = providerKindSchema.openapi({
  description:
    "All but `echo` speak OpenAI's chat completions. `openai`, `anthropic`, `google`, `azure-openai` and `bedrock` " +
    "are those vendors' OpenAI-compatible endpoints, and serve what these offer: Anthropic means its own for trying " +
    "models out; there, prompt caching and the details of usage are missing.",
});

export const createProviderSchema = z
  .strictObject({
    slug: slugSchema,
    kind: kindSchema,
    base_url: baseUrlSchema.default(null),
    credential: credentialSchema.default(null),
  })
  .openapi("CreateProvider");
export type CreateProvider = z.infer<typeof createProviderSchema>;

export const updateProviderSchema = z
  .strictObject({
    kind: kindSchema.optional(),
    base_url: baseUrlSchema.optional(),
    credential: credentialSchema.optional(),
  })
  .openapi("UpdateProvider");
export type UpdateProvider = z.infer<typeof updateProviderSchema>;

export const providerSchema = z
  .object({
    id: z.string(),
    slug: z.string(),
    kind: kindSchema,
    base_url: z.string().nullable(),
    has_credential: z.boolean(),
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("Provider");
export type ProviderView = z.infer<typeof providerSchema>;

export const testProviderSchema = z
  .strictObject({
    model: modelSlugSchema.optional().openapi({ description: "Slug of a model of this provider; else its newest." }),
  })
  .openapi("TestProvider");
export type TestProvider = z.infer<typeof testProviderSchema>;

export const providerTestSchema = z
  .object({
    ok: z.boolean(),
    outcome: z.enum([
      "ok",
      "wrong_key",
      "wrong_url",
      "model_not_found",
      "unreachable",
      "timeout",
      "rate_limited",
      "provider_error",
      "address_refused",
      "credential_unreadable",
    ]),
    message: z.string().openapi({ description: "What it means and what to do, for people." }),
    status: z.number().int().nullable().openapi({ description: "The provider's HTTP status, where it was judged by." }),
    model: z.string().nullable().openapi({ description: "The model that was asked for; null when there is none yet." }),
    latency_ms: z.number(),
  })
  .openapi("ProviderTest");
export type ProviderTest = z.infer<typeof providerTestSchema>;
