import { createHmac } from "node:crypto";

/** When a message is signed, in seconds since the epoch, and what names it. */
interface Signing {
  readonly id?: string;
  readonly at?: number;
}

let count = 0;

/** The headers of a message as Standard Webhooks signs it with a secret such as `whsec_…`. */
export function signed(secret: string, body: string | Uint8Array, { id, at }: Signing = {}): Record<string, string> {
  count += 1;
  const name = id ?? `msg_${process.pid}_${count}`;
  const timestamp = String(at ?? Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const mac = createHmac("sha256", key).update(`${name}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": name, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}
