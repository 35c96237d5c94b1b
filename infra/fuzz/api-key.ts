import assert from "node:assert/strict";
import fc from "fast-check";
import { mintApiKey, parseApiKey } from "../../edge/tenancy/api-key.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyText } from "./hostile.ts";

const environment = fc.constantFrom("live", "dev", "test", "op", "ab", "abcdefgh");
const minted = fc
  .tuple(environment, fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })))
  .map(([of, numbers]) => ({ of, ...mintApiKey(of, () => Number(numbers.next().value)) }));
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".split("");

export const apiKeyProperties: readonly FuzzProperty[] = [
  named(
    "key parser: any text is a key or it is not, and only the form of a key is one",
    fc.property(
      fc.oneof(
        anyText,
        fc.tuple(environment, anyText).map(([of, rest]) => `sbx_${of}_${rest}`),
        fc
          .tuple(environment, fc.array(fc.constantFrom(...BASE62), { minLength: 30, maxLength: 42 }))
          .map(([of, rest]) => `sbx_${of}_${rest.join("")}`),
      ),
      (text) => {
        const parsed = parseApiKey(text);
        if (parsed !== null) assert.match(text, /^sbx_[a-z]{2,8}_[0-9A-Za-z]{36}$/);
      },
    ),
  ),
  named(
    "key parser: a minted key is one, and with any one character changed it is none",
    fc.property(
      minted,
      fc.nat(),
      fc.constantFrom(...BASE62, "_", "é", "\u0000"),
      ({ of, token, displayPrefix }, at, by) => {
        assert.deepEqual(parseApiKey(token), { environment: of });
        assert.ok(token.startsWith(displayPrefix) && displayPrefix.length <= token.length - 30);
        const place = at % token.length;
        if (token[place] === by) return;
        assert.equal(parseApiKey(token.slice(0, place) + by + token.slice(place + 1)), null);
      },
    ),
  ),
];
