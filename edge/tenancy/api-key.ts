import { sha256Hex } from "../routing/sha256.ts";
import { BASE62, toBase62 } from "./base62.ts";
import { crc32 } from "./crc32.ts";

const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const TOKEN = /^sbx_([a-z]{2,8})_[0-9A-Za-z]{36}$/;
/** Characters of the secret that people may see, to tell keys apart. */
const SHOWN_CHARACTERS = 4;

/** Environment of the operator's keys, which are no tenant's. */
export const OPERATOR_ENVIRONMENT = "op";
/** Environment of keys made on a developer's machine: refused in production. */
export const DEVELOPMENT_ENVIRONMENT = "dev";

/**
 * Reads `sbx_<environment>_<30 base62><6 base62>`, where the last six are the CRC-32 of all before them. Null for
 * anything else. A good checksum says that a key was not mistyped, not that it was ever issued.
 */
export function parseApiKey(text: string): { environment: string } | null {
  const environment = TOKEN.exec(text)?.[1];
  if (environment === undefined) return null;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return text.slice(-CHECKSUM_LENGTH) === checksum(body) ? { environment } : null;
}

/** A new key. `random` gives numbers in 0..1 from a secure source; `displayPrefix` (`sbx_live_ab12`) may be shown. */
export function mintApiKey(environment: string, random: () => number): { token: string; displayPrefix: string } {
  let secret = "";
  while (secret.length < SECRET_LENGTH) secret += BASE62.charAt(Math.floor(random() * 62));
  const body = `sbx_${environment}_${secret}`;
  const displayPrefix = body.slice(0, body.length - SECRET_LENGTH + SHOWN_CHARACTERS);
  return { token: body + checksum(body), displayPrefix };
}

/** Lower-case hex SHA-256 of the whole token: the only form in which a key is stored and looked up. */
export const hashApiKey = (token: string): Promise<string> => sha256Hex(token);

const checksum = (body: string): string => toBase62(crc32(body), CHECKSUM_LENGTH);
