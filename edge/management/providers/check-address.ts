import type { Env } from "../../env.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import type { ProviderKind } from "../../tenancy/snapshot.ts";
import { checkBaseUrl, isOwnAddress } from "../../upstream/address-policy.ts";
import { baseUrlOf, needsBaseUrl } from "../../upstream/base-url-of.ts";

/** Whether a provider of this kind may have this address: present where needed, public, and not this deployment. */
export function checkAddress(env: Env, kind: ProviderKind, baseUrl: string | null): Result<true> {
  const reason = reasonAgainst(env, kind, baseUrl);
  return reason === null
    ? ok(true)
    : refuse("validation_failed", { errors: [{ pointer: "/base_url", detail: reason }] });
}

function reasonAgainst(env: Env, kind: ProviderKind, baseUrl: string | null): string | null {
  if (!needsBaseUrl(kind)) return baseUrl === null ? null : `a provider of kind ${kind} has no address`;
  const url = baseUrlOf(kind, baseUrl);
  if (url === null) return `a provider of kind ${kind} needs one`;
  if (isOwnAddress(url, env.PUBLIC_URL)) return "must not be this service itself";
  return checkBaseUrl(url, env.UPSTREAM_ADDRESSES);
}
