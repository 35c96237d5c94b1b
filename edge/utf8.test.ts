import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeUtf8, encodeUtf8, utf8Length } from "./utf8.ts";

it("counts the bytes that a text has, also one with halves of characters", () => {
  const unit = fc.constantFrom("a", "é", "日", "😀", "\ud83d", "\ude00", "\u0000", "\ufeff");
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join("");
      expect(utf8Length(text)).toBe(encodeUtf8(text).length);
    }),
  );
});

it("reads what it has written, and puts U+FFFD where there is no text", () => {
  expect(decodeUtf8(encodeUtf8("\ufeffdéjà 😀"))).toBe("déjà 😀");
  expect(decodeUtf8(new Uint8Array([0x61, 0xff, 0x62]))).toBe("a\ufffdb");
});
