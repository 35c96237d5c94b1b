import { ok, refuse, ServiceError, type Result } from "../../errors.ts";
import { open } from "../../tenancy/secrets.ts";
import { providerKindSchema } from "../../tenancy/snapshot.ts";
import { probe, type ProbeOutcome } from "../../upstream/probe.ts";
import type { TenantContext } from "../context.ts";
import { checkAddress } from "./check-address.ts";
import { modelOfProvider, providerBySlug, type ProviderRow } from "./providers.store.ts";
import type { ProviderTest, TestProvider } from "./schema.ts";

type Outcome = ProbeOutcome | "address_refused" | "credential_unreadable";

const MESSAGES: Readonly<Record<Outcome, string>> = {
  ok: "The provider answered.",
  wrong_key: "The provider refused the credential: give it a valid one with PATCH.",
  wrong_url: "Nothing at the base URL answers like a model server: it often ends in /v1.",
  model_not_found: "The provider let the credential in but has no such model, or not for this account.",
  unreachable: "Nothing could be reached at the base URL: check its host and port.",
  timeout: "The provider did not answer in time.",
  rate_limited: "The provider limits this account's requests or budget right now.",
  provider_error: "The provider answered with an error of its own.",
  address_refused: "This deployment does not call this base URL.",
  credential_unreadable: "The stored credential cannot be opened any more: give it again with PATCH.",
};

/** Stands in where a provider has no model yet: that it is unknown shows that key and URL are right. */
const NO_MODEL = "signalbox-connection-test";

/** Makes one cheap call to a provider and tells what is wrong with its settings. Changes nothing. */
export async function testProvider(
  context: TenantContext,
  slug: string,
  input: TestProvider,
): Promise<Result<ProviderTest>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => providerBySlug(db, tenantId, slug));
  if (row === undefined) return refuse("not_found");
  const [model] = await deps.db.api.read(scope, (db) => modelOfProvider(db, row, input.model ?? null));
  if (model === undefined && input.model !== undefined) {
    const detail = `this provider has no model ${input.model}`;
    return refuse("validation_failed", { errors: [{ pointer: "/model", detail }] });
  }
  const began = deps.now();
  const { outcome, status } = await look(context, row, model?.upstreamModel ?? null);
  return ok({
    ok: outcome === "ok",
    outcome,
    message: MESSAGES[outcome],
    status,
    model: model?.slug ?? null,
    latency_ms: deps.now() - began,
  });
}

async function look(
  { deps, tenantId }: TenantContext,
  row: ProviderRow,
  model: string | null,
): Promise<{ outcome: Outcome; status: number | null }> {
  const kind = providerKindSchema.parse(row.kind);
  if (!checkAddress(deps.env, kind, row.baseUrl).ok) return { outcome: "address_refused", status: null };
  const credential = await clearText(deps, tenantId, row);
  if (credential === undefined) return { outcome: "credential_unreadable", status: null };
  const call = { kind, baseUrl: row.baseUrl, credential, model: model ?? NO_MODEL, callId: deps.newId("request") };
  const seen = await probe({ ...deps, fetch: deps.fetchUpstream }, call, new AbortController().signal);
  return model === null && seen.outcome === "model_not_found" ? { ...seen, outcome: "ok" } : seen;
}

/** Undefined when the key ring cannot open it. */
async function clearText(
  { env }: TenantContext["deps"],
  tenantId: string,
  { id, credential }: ProviderRow,
): Promise<string | null | undefined> {
  if (credential === null) return null;
  try {
    return await open(env.CREDENTIAL_KEYS, { tenantId, ownerId: id }, credential);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}
