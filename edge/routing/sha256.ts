import { encodeUtf8 } from "../utf8.ts";

/** Lower-case hex SHA-256 of a text's UTF-8. */
export async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", encodeUtf8(text)));
}

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes: ArrayBuffer | Uint8Array): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += PAIRS[byte] ?? "";
  return text;
}
