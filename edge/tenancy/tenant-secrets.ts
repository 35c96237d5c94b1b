import type { Env } from "../env.ts";
import { hex } from "../routing/sha256.ts";
import { encodeUtf8 } from "../utf8.ts";

type Secret = Pick<Env, "SIGNING_SECRET">;

/** Hex characters kept: 128 bits tell tenants and conversations apart and reveal nothing. */
const LENGTH = 32;

/** What the inference service knows a tenant by: opaque, and the same as long as the secret is. */
export function isolationToken(env: Secret, tenantId: string): Promise<string> {
  return derive(env, ["isolation", tenantId]);
}

/** A conversation's key as it may be stored: what the client named it cannot be read or guessed back from it. */
export function conversationKey(env: Secret, tenantId: string, raw: string): Promise<string> {
  return derive(env, ["conversation", tenantId, raw]);
}

type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The secret as the cipher takes it, by the environment that holds it: importing it takes longer than using it. */
const signingKeys = new WeakMap<Secret, SigningKey>();

async function signingKey(env: Secret): Promise<SigningKey> {
  const known = signingKeys.get(env);
  if (known !== undefined) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = encodeUtf8(env.SIGNING_SECRET);
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  signingKeys.set(env, key);
  return key;
}

/** The purpose comes first and JSON keeps the parts apart, so no two derivations share an input. */
async function derive(env: Secret, parts: readonly string[]): Promise<string> {
  const signature = await crypto.subtle.sign("HMAC", await signingKey(env), encodeUtf8(JSON.stringify(parts)));
  return hex(signature).slice(0, LENGTH);
}
