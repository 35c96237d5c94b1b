/** Reversed polynomial of CRC-32/ISO-HDLC, the one of zip and PNG. */
const POLYNOMIAL = 0xedb88320;

/** CRC-32 of a text's UTF-8, as an unsigned number. It finds typing errors and proves nothing. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
