/** What is told of a body that `decodeStrictly` cannot read. */
export const NOT_UTF8 = "The request body is not valid UTF-8.";

/** The text that bytes stand for; null where they are no UTF-8, rather than a text with signs in place of what they said. */
export function decodeStrictly(bytes: ArrayBuffer | Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}
