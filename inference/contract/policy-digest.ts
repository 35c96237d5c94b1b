import type { Policy } from "./decide.ts";

declare const crypto: { subtle: { digest(algorithm: "SHA-256", data: Uint8Array): Promise<ArrayBuffer> } };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/**
 * Identity of a policy set: lower-case hex SHA-256 over the canonical JSON of names and descriptions in published
 * order. Targets and settings are not part of it, so changing only them keeps caches, memo and calibration valid.
 */
export async function policyDigest(policies: readonly Policy[]): Promise<string> {
  const canonical = JSON.stringify(policies.map(({ name, description }) => [name, description]));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
