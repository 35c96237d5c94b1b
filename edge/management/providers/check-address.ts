import type { Env } from "../../env.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import type { ProviderKind } from "../../tenancy/snapshot.ts";
import { checkBaseUrl, isOwnAddress } from "../../upstream/address-policy.ts";

/** Kinds whose requests leave for an address that the tenant names. A test holds this against the adapters. */
export const HAS_ADDRESS: Readonly<Record<ProviderKind, boolean>> = { "openai-compatible": true, echo: false };

/** Whether a provider of this kind may have this address: present where needed, public, and not this deployment. */
export function checkAddress(env: Env, kind: ProviderKind, baseUrl: string | null): Result<true> {
  const reason = reasonAgainst(env, kind, baseUrl);
  return reason === null
    ? ok(true)
    : refuse("validation_failed", { errors: [{ pointer: "/base_url", detail: reason }] });
}

function reasonAgainst(env: Env, kind: ProviderKind, baseUrl: string | null): string | null {
  if (!HAS_ADDRESS[kind]) return baseUrl === null ? null : `a provider of kind ${kind} has no address`;
  if (baseUrl === null) return `a provider of kind ${kind} needs one`;
  if (isOwnAddress(baseUrl, env.PUBLIC_URL)) return "must not be this service itself";
  return checkBaseUrl(baseUrl, env.UPSTREAM_ADDRESSES);
}
