import { z } from "zod";
import { engineCandidateSchema } from "../rollouts/engine-candidate.schema.ts";
import { shadowSchema } from "../rollouts/shadow.schema.ts";
import { routerDocumentSchema, targetSchema } from "../routing/router-document.ts";

export const SCOPES = [
  "inference",
  "policies:read",
  "policies:write",
  "models:write",
  "keys:write",
  "usage:read",
  "recordings:read",
  "recordings:write",
  "admin",
] as const;
export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

export const PROVIDER_KINDS = [
  "openai-compatible",
  "openai",
  "anthropic",
  "google",
  "azure-openai",
  "bedrock",
  "echo",
] as const;
export const providerKindSchema = z.enum(PROVIDER_KINDS);
export type ProviderKind = z.infer<typeof providerKindSchema>;

export const MODALITIES = ["text", "image", "audio", "file"] as const;

/** Bounded, so that no number of tokens costs more than a number can say. */
const priceSchema = z.number().min(0).max(1_000_000);

/** US dollars per million tokens. Cached input and reasoning that have no price of their own cost as any other. */
export const pricesSchema = z.object({
  input_per_million: priceSchema,
  cached_input_per_million: priceSchema.optional(),
  output_per_million: priceSchema,
  reasoning_per_million: priceSchema.optional(),
});
export type Prices = z.infer<typeof pricesSchema>;

/** Milliseconds; absent ones take the defaults of `edge/upstream`. */
export const timeoutsSchema = z.object({
  connect_ms: z.number().int().min(1).max(60_000).optional(),
  first_byte_ms: z.number().int().min(1).max(600_000).optional(),
  idle_ms: z.number().int().min(1).max(600_000).optional(),
  total_ms: z.number().int().min(1).max(3_600_000).optional(),
});

/** What a model can be asked for beside text; absent means yes, so that a new model is not refused by default. */
export const capabilitiesSchema = z.object({
  tools: z.boolean().optional(),
  response_format: z.boolean().optional(),
});

/** AES-256-GCM, base64; `key_id` names the ring key, tenant and provider id are the additional data. */
export const sealedSchema = z.object({ key_id: z.string(), nonce: z.string(), ciphertext: z.string() });
export type Sealed = z.infer<typeof sealedSchema>;

const snapshotProviderSchema = z.object({
  id: z.string(),
  slug: z.string(),
  kind: providerKindSchema,
  base_url: z.string().nullable(),
  credential: sealedSchema.nullable(),
});

const snapshotModelSchema = z.object({
  id: z.string(),
  slug: z.string(),
  provider: z.string(),
  upstream_model: z.string(),
  prices: pricesSchema.nullable(),
  context_window: z.number().int().positive().nullable(),
  modalities: z.array(z.enum(MODALITIES)),
  capabilities: capabilitiesSchema,
  timeouts: timeoutsSchema,
  created_at: z.string(),
});

const snapshotRouterSchema = z.object({
  id: z.string(),
  slug: z.string(),
  version: z.number().int().positive(),
  policy_digest: z.string(),
  published_at: z.string(),
  document: routerDocumentSchema,
});

/** A running rollout: the share of a policy's conversations that its candidate serves. */
const snapshotRolloutSchema = z.object({
  id: z.string(),
  router: z.string(),
  policy: z.string(),
  candidate: targetSchema,
  percent: z.number(),
  shadow: shadowSchema.nullable().default(null),
  /** The day (UTC) on which the shadow's tokens are used up; null when they never were. */
  shadow_exhausted_on: z.string().nullable().default(null),
});

/** A running rollout of a router model: the share of a router's conversations that its candidate decides. */
const routerRolloutSchema = z.object({
  id: z.string(),
  router: z.string(),
  candidate: engineCandidateSchema,
  percent: z.number(),
  shadow: shadowSchema.nullable().default(null),
  shadow_exhausted_on: z.string().nullable().default(null),
});

const snapshotKeySchema = z.object({
  id: z.string(),
  environment: z.string(),
  scopes: z.array(scopeSchema),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  allowed_models: z.array(z.string()).nullable(),
  allowed_routers: z.array(z.string()).nullable(),
});

/**
 * The JSON that `signalbox.edge_snapshot(key_hash, known_revision)` returns: SQL NULL for an unknown key,
 * `{revision, unchanged: true}` when the caller already holds this revision, else all that a request needs.
 */
export const snapshotRowSchema = z.union([
  z.object({ revision: z.number(), unchanged: z.literal(true) }),
  z.object({
    revision: z.number(),
    tenant: z.object({ id: z.string(), status: z.enum(["active", "suspended", "deleting"]) }),
    /** Router engines that cost money and that the operator lets this tenant use. */
    paid_engines: z.array(z.string()).default([]),
    key: snapshotKeySchema,
    providers: z.array(snapshotProviderSchema),
    models: z.array(snapshotModelSchema),
    routers: z.array(snapshotRouterSchema),
    rollouts: z.array(snapshotRolloutSchema),
    router_rollouts: z.array(routerRolloutSchema).default([]),
  }),
]);

export type SnapshotRow = z.infer<typeof snapshotRowSchema>;
export type FullSnapshotRow = Extract<SnapshotRow, { tenant: unknown }>;
export type SnapshotKey = z.infer<typeof snapshotKeySchema>;
export type Provider = z.infer<typeof snapshotProviderSchema>;
export type Model = z.infer<typeof snapshotModelSchema>;
export type PublishedRouter = z.infer<typeof snapshotRouterSchema>;
export type RunningRollout = z.infer<typeof snapshotRolloutSchema>;
export type RouterRollout = z.infer<typeof routerRolloutSchema>;

/** A tenant's configuration, compiled for look-up. Shared by all of the tenant's keys in an isolate. */
export interface TenantConfig {
  readonly tenantId: string;
  readonly status: FullSnapshotRow["tenant"]["status"];
  readonly revision: number;
  /** Router engines that cost money and that the operator lets this tenant use, by name. */
  readonly paidEngines: readonly string[];
  readonly providers: ReadonlyMap<string, Provider>;
  readonly models: ReadonlyMap<string, Model>;
  readonly routers: ReadonlyMap<string, PublishedRouter>;
  readonly rollouts: readonly RunningRollout[];
  /** By the router's slug. */
  readonly routerRollouts: ReadonlyMap<string, RouterRollout>;
}

/** Who is asking, as established by `authenticate`: the key, its tenant's configuration and how old that is. */
export interface Principal {
  readonly key: SnapshotKey;
  readonly tenant: TenantConfig;
  /** Whole seconds since the snapshot was last confirmed; set only while the database cannot be reached. */
  readonly staleSeconds: number | null;
}
