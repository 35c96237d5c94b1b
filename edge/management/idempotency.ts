import { hex } from "../routing/sha256.ts";
import type { Idempotency, WriteContext } from "./context.ts";

/** The names an answer is remembered under; neither tells what the request held. */
export interface Claim {
  readonly scopeHash: string;
  readonly bodyHash: string;
}

/**
 * Derives both hashes with HMAC-SHA-256 under the deployment's secret: bodies may hold a provider's credential, of
 * which a plain hash would allow guesses.
 */
export async function rememberedAs(context: WriteContext, idempotency: Idempotency): Promise<Claim> {
  const secret = new TextEncoder().encode(context.deps.env.SIGNING_SECRET);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const digest = async (...parts: readonly string[]): Promise<string> => {
    const text = new TextEncoder().encode(JSON.stringify(["idempotency", ...parts]));
    return hex(await crypto.subtle.sign("HMAC", key, text));
  };
  return {
    scopeHash: await digest(context.actor, idempotency.route, idempotency.key),
    bodyHash: await digest(idempotency.fingerprint),
  };
}
