import type { ProviderKind } from "../tenancy/snapshot.ts";
import { ADAPTERS } from "./registry.ts";

/** Where a provider of this kind is called: the address it names, else the vendor's own; null when there is neither. */
export function baseUrlOf(kind: ProviderKind, baseUrl: string | null): string | null {
  return baseUrl ?? ADAPTERS[kind].defaultBaseUrl;
}

/** Whether the requests of this kind leave for an address at all. */
export function needsBaseUrl(kind: ProviderKind): boolean {
  return ADAPTERS[kind].needsBaseUrl;
}
