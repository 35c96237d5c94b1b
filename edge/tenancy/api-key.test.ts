import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashApiKey, mintApiKey, parseApiKey } from "./api-key.ts";
import { crc32 } from "./crc32.ts";

const randomOf = (numbers: readonly number[]) => {
  let index = 0;
  return () => numbers[index++ % numbers.length]!;
};
const fractions = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 30 });
const minted = fc
  .tuple(fc.constantFrom("live", "dev", "op"), fractions)
  .map(([environment, numbers]) => mintApiKey(environment, randomOf(numbers)).token);

describe("an API key", () => {
  it("is read back as it was minted, for any randomness", () => {
    fc.assert(
      fc.property(fc.constantFrom("live", "dev", "op"), fractions, (environment, numbers) => {
        const { token, displayPrefix } = mintApiKey(environment, randomOf(numbers));
        expect(token).toMatch(/^sbx_[a-z]+_[0-9A-Za-z]{36}$/);
        expect(parseApiKey(token)).toEqual({ environment });
        expect(displayPrefix).toBe(token.slice(0, `sbx_${environment}_`.length + 4));
      }),
    );
  });

  it("is not one any more when a character is another", () => {
    fc.assert(
      fc.property(minted, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (token, place, character) => {
        const index = place % token.length;
        fc.pre(token[index] !== character);
        expect(parseApiKey(token.slice(0, index) + character + token.slice(index + 1))).toBeNull();
      }),
    );
  });

  it("is not one when anything comes before or after it", () => {
    fc.assert(
      fc.property(minted, fc.string({ minLength: 1 }), (token, more) => {
        expect(parseApiKey(token + more)).toBeNull();
        expect(parseApiKey(more + token)).toBeNull();
      }),
    );
  });

  it("is never found in arbitrary text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(parseApiKey(text)).toBeNull();
        expect(parseApiKey(`sbx_live_${text}`)).toBeNull();
      }),
    );
  });

  it("ends in the CRC-32 that other programs know, as six digits of base 62", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    fc.assert(fc.property(fc.string(), (text) => crc32(text) === zlibCrc32(text)));
    expect(mintApiKey("live", () => 0).token).toBe(
      `sbx_live_${"0".repeat(30)}${base62Of(`sbx_live_${"0".repeat(30)}`)}`,
    );
  });

  it("is stored as the SHA-256 of the whole of it", async () => {
    const { token } = mintApiKey("live", () => 0.5);
    expect(await hashApiKey(token)).toBe(createHash("sha256").update(token).digest("hex"));
  });
});

function base62Of(body: string): string {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let rest = BigInt(zlibCrc32(body));
  const digits: string[] = [];
  for (let place = 0; place < 6; place += 1) {
    digits.unshift(alphabet[Number(rest % 62n)]!);
    rest /= 62n;
  }
  return digits.join("");
}
