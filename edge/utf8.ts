const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What is no text becomes U+FFFD; a byte order mark is left out. One coder for all: making it costs more than its use. */
export const decodeUtf8 = (bytes: Uint8Array): string => DECODER.decode(bytes);

export const encodeUtf8 = (text: string): Uint8Array => ENCODER.encode(text);

/** How many bytes `encodeUtf8` gives, without making them. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // Two units that are one character of four bytes.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) index += 1;
  }
  return length;
}
