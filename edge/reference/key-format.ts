import { html, type Html } from "./html.ts";

/** What a scanner for leaked secrets needs to recognise a key, and to be sure that it is one. */
export const keyFormat = (): Html =>
  html`<section id="key-format">
    <h2>Key format, for secret scanners</h2>
    <p>
      A key is <code>sbx_</code>, its environment (2 to 8 of <code>a-z</code>: <code>live</code>, <code>dev</code>, or
      <code>op</code> for an operator's), <code>_</code>, 30 random characters and a checksum of 6, both of the alphabet
      <code>0-9A-Za-z</code>. The checksum is the CRC-32 of zip and PNG over everything before it, as a number in base
      62 with digits in the order <code>0</code> to <code>9</code>, <code>A</code> to <code>Z</code>, <code>a</code> to
      <code>z</code>, the highest first, filled up with <code>0</code> on the left.
    </p>
    <p>
      This expression finds candidates in a text; the checksum tells keys from look-alikes without asking anybody. A
      good one does not say that the key was ever issued. Whoever finds a key should have it revoked with
      <code>POST /api/v1/keys/{id}/revoke</code>: <code>GET /api/v1/keys</code> shows each key's beginning.
    </p>
    <pre><code>${CHECK}</code></pre>
  </section>`;

const CHECK = String.raw`import { crc32 } from "node:zlib";

export const CANDIDATES = /\bsbx_[a-z]{2,8}_[0-9A-Za-z]{36}\b/g;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function isKey(candidate) {
  let checksum = "";
  for (let rest = crc32(candidate.slice(0, -6)); checksum.length < 6; rest = Math.floor(rest / 62)) {
    checksum = DIGITS[rest % 62] + checksum;
  }
  return candidate.slice(-6) === checksum;
}`;
