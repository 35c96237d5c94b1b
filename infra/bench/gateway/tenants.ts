import { randomBytes } from "node:crypto";
import pg from "pg";
import { makeId } from "../../../edge/ids.ts";
import { policyDigestOf } from "../../../edge/routing/policy-digest-of.ts";
import type { RouterDocumentInput } from "../../../edge/routing/router-document.ts";
import { hashApiKey, mintApiKey } from "../../../edge/tenancy/api-key.ts";

export interface BenchTenant {
  readonly id: string;
  readonly token: string;
}

type Policies = RouterDocumentInput["policies"];

const random = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/** Writes tenants as the management surface would leave them: one provider, one model, one router, one key each. */
export async function makeTenants(
  adminUrl: string,
  count: number,
  { upstream, policies }: { readonly upstream: string; readonly policies: Policies },
): Promise<BenchTenant[]> {
  const target = { model: "bench" };
  const settings = { engine: "default", deadline_ms: 10_000, min_confidence: 0, mode: "enforce" };
  const targets = Object.fromEntries(policies.map(({ name }) => [name, target]));
  const document = JSON.stringify({ policies, targets, fallback: target, unsure: null, settings });
  const made = await Promise.all(
    Array.from({ length: count }, async () => {
      const { token, displayPrefix } = mintApiKey("dev", random);
      const ids = (["tenant", "key", "provider", "model", "router"] as const).map((kind) =>
        makeId(kind, Date.now(), random),
      );
      return { token, displayPrefix, hash: await hashApiKey(token), ids };
    }),
  );
  const column = (index: number): string[] => made.map(({ ids }) => ids[index] ?? "");
  const [tenants, keys, providers, models, routers] = [0, 1, 2, 3, 4].map(column);
  const all = {
    tenants: "insert into signalbox.tenants (id, name) select unnest($1::text[]), 'Bench'",
    keys: `insert into signalbox.api_keys (tenant_id, id, name, environment, hash, display_prefix, scopes)
      select t, k, 'bench', 'dev', h, p, '["inference"]'
      from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as _ (t, k, h, p)`,
    providers: `insert into signalbox.providers (tenant_id, id, slug, kind, base_url)
      select t, p, 'bench', 'openai-compatible', $3 from unnest($1::text[], $2::text[]) as _ (t, p)`,
    models: `insert into signalbox.models (tenant_id, id, slug, provider_id, upstream_model, modalities, capabilities, timeouts)
      select t, m, 'bench', p, 'bench', '["text"]', '{}', '{}' from unnest($1::text[], $2::text[], $3::text[]) as _ (t, m, p)`,
    routers: `insert into signalbox.routers (tenant_id, id, slug)
      select t, r, 'default' from unnest($1::text[], $2::text[]) as _ (t, r)`,
    versions: `insert into signalbox.router_versions (tenant_id, router_id, version, document, policy_digest, published_by)
      select t, r, 1, $3::jsonb, $4, 'bench' from unnest($1::text[], $2::text[]) as _ (t, r)`,
    published: "update signalbox.routers set published_version = 1 where tenant_id = any ($1::text[])",
  };
  const digest = await policyDigestOf({ policies });
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(all.tenants, [tenants]);
    await client.query(all.keys, [tenants, keys, made.map(({ hash }) => hash), made.map((one) => one.displayPrefix)]);
    await client.query(all.providers, [tenants, providers, upstream]);
    await client.query(all.models, [tenants, models, providers]);
    await client.query(all.routers, [tenants, routers]);
    await client.query(all.versions, [tenants, routers, document, digest]);
    await client.query(all.published, [tenants]);
    await client.query("analyze");
  } finally {
    await client.end();
  }
  return made.map(({ ids, token }) => ({ id: ids[0] ?? "", token }));
}
