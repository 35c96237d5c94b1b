import type { Api } from "./api.ts";
import type { ScriptTenant } from "./script.ts";

/** A tenant of the script, set up. */
export interface Tenant {
  readonly name: string;
  readonly adminKey: string;
  readonly inferenceKey: string;
  readonly script: ScriptTenant;
}

/** Sets a tenant up over REST as any owner would: provider, models with prices, a router with its policies, a key. */
export async function setUpTenant(
  api: Api,
  operatorKey: string,
  providerUrl: string,
  script: ScriptTenant,
): Promise<Tenant> {
  const { name, models, policies, fallback } = script;
  const made = await api.must<{ admin_key: { token: string } }>(operatorKey, "/api/v1/tenants", { body: { name } });
  const adminKey = made.admin_key.token;
  const post = <T>(path: string, body: object): Promise<T> => api.must(adminKey, `/api/v1${path}`, { body });
  await post("/providers", { slug: "simulated", kind: "openai-compatible", base_url: providerUrl });
  for (const [slug, { prices }] of Object.entries(models)) {
    await post("/models", { slug, provider: "simulated", upstream_model: slug, prices });
  }
  await post("/routers", { slug: "default" });
  const document = {
    policies: policies.map(({ name: policy, description }) => ({ name: policy, description })),
    targets: Object.fromEntries(policies.map(({ name: policy, model }) => [policy, { model }])),
    fallback: { model: fallback },
    // The day goes by faster than its clock, and the router model does not.
    settings: { deadline_ms: 10_000 },
  };
  const draft = "/api/v1/routers/default/draft";
  const headers = { "if-match": await api.etag(adminKey, draft) };
  await api.must(adminKey, draft, { method: "PUT", body: document, headers });
  await post("/routers/default/publish", {});
  const key = await post<{ token: string }>("/keys", { name: "application", scopes: ["inference"] });
  return { name, adminKey, inferenceKey: key.token, script };
}
