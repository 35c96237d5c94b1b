import { fromBase64 } from "../tenancy/base64.ts";

/** A signed message as its headers tell of it. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch, as it was signed. */
  readonly timestamp: string;
  /** Of scheme v1. */
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
}

/** How far, in milliseconds, a message's time may be from this service's. */
const TOLERANCE_MS = 300_000;
const MAX_SIGNATURES = 10;
const ID = /^[A-Za-z0-9_:+=/-]{1,128}$/;
const TIMESTAMP = /^\d{1,12}$/;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/**
 * Reads the headers of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, the specification's
 * "Webhook headers"); else says which of them is wrong. Which sources there are plays no part in it.
 */
export function readSignedHeaders(headers: Headers, now: number): SignedMessage | { readonly wrong: string } {
  const id = headers.get("webhook-id") ?? "";
  if (!ID.test(id)) return { wrong: "webhook-id must be 1 to 128 of A-Z a-z 0-9 _ : + = / -" };
  const timestamp = headers.get("webhook-timestamp") ?? "";
  if (!TIMESTAMP.test(timestamp)) return { wrong: "webhook-timestamp must be seconds since the epoch" };
  if (Math.abs(Number(timestamp) * 1000 - now) > TOLERANCE_MS) {
    return { wrong: "webhook-timestamp lies more than five minutes from this service's time" };
  }
  const signatures = (headers.get("webhook-signature") ?? "")
    .split(" ", MAX_SIGNATURES)
    .flatMap((part) => SIGNATURE.exec(part)?.[1] ?? []);
  if (signatures.length === 0) return { wrong: "webhook-signature must hold a signature such as v1,…" };
  return { id, timestamp, signatures: signatures.map(fromBase64) };
}

const SECRET = /^whsec_([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PREFIX = "whsec_";

/** The bytes of a secret such as `whsec_…`; null when it is none, or not of 24 to 64 bytes. */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!SECRET.test(secret)) return null;
  const bytes = fromBase64(secret.slice(PREFIX.length));
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}

/**
 * Whether one of these secrets made one of the message's signatures: HMAC-SHA-256 over its id, its time and its body.
 * The runtime compares, in constant time, and everything is compared, whatever has fitted already.
 */
export async function isSigned(
  { id, timestamp, signatures }: SignedMessage,
  body: Uint8Array,
  secrets: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  const checked = secrets.map(async (secret) => {
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    return Promise.all(signatures.map((signature) => crypto.subtle.verify("HMAC", key, signature, content)));
  });
  return (await Promise.all(checked)).flat().includes(true);
}
