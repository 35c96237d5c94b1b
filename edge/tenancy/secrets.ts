import type { Env } from "../env.ts";
import { ServiceError } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { Sealed } from "./snapshot.ts";

type KeyRing = Env["CREDENTIAL_KEYS"];

/** What a secret belongs to: a provider, a recorded decision, another object with an id. It opens for no other. */
interface Owner {
  readonly tenantId: string;
  readonly ownerId: string;
}

const ALGORITHM = "AES-GCM";
/** Bytes; the size that NIST SP 800-38D recommends, drawn anew for each seal. */
const NONCE_LENGTH = 12;

/** Encrypts a credential with the ring's first key, AES-256-GCM with the ids of tenant and owner as additional data. */
export async function seal(ring: KeyRing, owner: Owner, plaintext: string): Promise<Sealed> {
  const [entry] = ring;
  if (entry === undefined) throw unreadable();
  // eslint-disable-next-line no-restricted-properties -- a nonce is part of the cipher: nothing may ever steer it
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const key = await cipherKey(entry);
  const ciphertext = await crypto.subtle.encrypt(parameters(nonce, owner), key, new TextEncoder().encode(plaintext));
  return { key_id: entry.id, nonce: toBase64(nonce), ciphertext: toBase64(new Uint8Array(ciphertext)) };
}

/**
 * The credential in clear text. Throws a ServiceError `internal_error` when the ring lacks its key, or when it was
 * sealed for another owner or changed since; the error says nothing of what was sealed.
 */
export async function open(ring: KeyRing, owner: Owner, sealed: Sealed): Promise<string> {
  const entry = ring.find(({ id }) => id === sealed.key_id);
  if (entry === undefined) throw unreadable();
  try {
    const key = await cipherKey(entry);
    const algorithm = parameters(fromBase64(sealed.nonce), owner);
    return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, fromBase64(sealed.ciphertext)));
  } catch {
    throw unreadable();
  }
}

/** A sealed credential under the ring's first key; itself when it is already, or when the ring cannot open it. */
export async function resealed(ring: KeyRing, owner: Owner, sealed: Sealed): Promise<Sealed> {
  if (sealed.key_id === ring[0]?.id || !ring.some(({ id }) => id === sealed.key_id)) return sealed;
  return seal(ring, owner, await open(ring, owner, sealed));
}

type CipherKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The ring's keys as the cipher takes them, by their entries: importing one takes longer than using it. */
const cipherKeys = new WeakMap<KeyRing[number], CipherKey>();

async function cipherKey(entry: KeyRing[number]): Promise<CipherKey> {
  const known = cipherKeys.get(entry);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey("raw", fromBase64(entry.key), ALGORITHM, false, ["encrypt", "decrypt"]);
  cipherKeys.set(entry, key);
  return key;
}

function parameters(iv: Uint8Array<ArrayBuffer>, { tenantId, ownerId }: Owner) {
  const additionalData = new TextEncoder().encode(JSON.stringify(["credential", tenantId, ownerId]));
  return { name: ALGORITHM, iv, additionalData };
}

const unreadable = (): ServiceError => new ServiceError({ code: "internal_error" });
