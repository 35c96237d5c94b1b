import type { Env } from "../env.ts";
import { hex } from "../routing/sha256.ts";

/** Carries the ids of the deployments a request has passed through, comma-separated. */
export const HOP_HEADER = "x-signalbox-hop";

/** A chain longer than this is refused whoever is in it. */
const MAX_HOPS = 5;

const deploymentIds = new WeakMap<Env, string>();

/** Opaque id of this deployment: the same in all its isolates, derived from its signing secret. */
export async function deploymentId(env: Env): Promise<string> {
  const known = deploymentIds.get(env);
  if (known !== undefined) return known;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(env.SIGNING_SECRET), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes("signalbox:hop")));
  const id = hex(signature.subarray(0, 12));
  deploymentIds.set(env, id);
  return id;
}

/** True when a request has been here before, or has been passed on too often. */
export function isLoop(hopHeader: string | null, ownId: string): boolean {
  const hops = parseHops(hopHeader);
  return hops.length >= MAX_HOPS || hops.includes(ownId);
}

export function nextHop(hopHeader: string | null, ownId: string): string {
  return [...parseHops(hopHeader), ownId].join(", ");
}

function parseHops(header: string | null): string[] {
  return (header ?? "").split(",").flatMap((hop) => (/^[0-9a-f]{24}$/.test(hop.trim()) ? [hop.trim()] : []));
}
