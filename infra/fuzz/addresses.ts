import assert from "node:assert/strict";
import fc from "fast-check";
import { checkBaseUrl } from "../../edge/upstream/address-policy.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";

type Octets = readonly [number, number, number, number];

const octet = fc.nat({ max: 255 });
/** Addresses that are this machine's, its network's or a cloud's: RFC 1122, 1918, 3927, 6598, Azure's host. */
const inside: fc.Arbitrary<Octets> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.constantFrom<Octets>([169, 254, 169, 254], [168, 63, 129, 16], [255, 255, 255, 255], [127, 0, 0, 1]),
);

const number = ([a, b, c, d]: Octets): number => ((a * 256 + b) * 256 + c) * 256 + d;
const inBase = (base: number, pad: number) => (part: number) =>
  base === 16 ? `0x${part.toString(16).padStart(pad, "0")}` : base === 8 ? `0${part.toString(8)}` : String(part);
const FULL_WIDTH = "０１２３４５６７８９";
const groups = (octets: Octets): string => {
  const value = number(octets);
  return `${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
};

/** The ways in which parsers of addresses let one be written: part by part in any base, in fewer parts, as IPv6. */
const notation: fc.Arbitrary<(octets: Octets) => string> = fc.oneof(
  fc.tuple(fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }), fc.nat({ max: 4 })).map(
    ([bases, pad]) =>
      (octets: Octets) =>
        octets.map((part, at) => inBase(bases[at] ?? 10, pad)(part)).join("."),
  ),
  fc.constantFrom(8, 10, 16).map((base) => (octets: Octets) => inBase(base, 8)(number(octets))),
  fc.constantFrom(8, 10, 16).map((base) => ([a, b, c, d]: Octets) => {
    const write = inBase(base, 2);
    return `${write(a)}.${write(b)}.${write(c * 256 + d)}`;
  }),
  fc.constantFrom(10, 16).map(
    (base) =>
      ([a, ...rest]: Octets) =>
        `${inBase(base, 2)(a)}.${number([0, ...rest])}`,
  ),
  fc.constant((octets: Octets) => octets.join(".").replaceAll(/\d/g, (digit) => FULL_WIDTH[Number(digit)] ?? digit)),
  fc.constant((octets: Octets) => octets.join("。")),
  fc
    .constantFrom("::ffff:", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:")
    .map((prefix) => (octets: Octets) => `[${prefix}${groups(octets)}]`),
  fc.constant((octets: Octets) => `[::ffff:${octets.join(".")}]`),
  fc.constant((octets: Octets) => `[2002:${groups(octets)}::1]`),
);

const rest = fc.constantFrom("", "/", "/v1", ":443/v1", ":8443", "/v1?key=x", "/latest/meta-data");

/** Names that lead to this machine, its cluster or its metadata service, whoever resolves them. */
const innerName = fc
  .tuple(
    fc.constantFrom("", "api.", "a.b."),
    fc.constantFrom(
      "localhost",
      "x.local",
      "x.internal",
      "metadata.google.internal",
      "x.svc",
      "x.cluster.local",
      "postgres",
    ),
    fc.constantFrom("", ".", ".."),
    fc.boolean(),
  )
  .map(([sub, name, dots, upper]) => {
    // A name without a dot is only one when nothing stands before it.
    const host = (name === "postgres" ? name : sub + name) + dots;
    return upper ? host.toUpperCase() : host;
  });

const dots = fc.constantFrom("", ".");

export const addressProperties: readonly FuzzProperty[] = [
  named(
    "base URL: no private address in any notation, and no inner name, is a provider's",
    fc.property(
      fc.oneof(
        fc.tuple(inside, notation, dots).map(([octets, write, end]) => {
          const host = write(octets);
          return host.startsWith("[") ? host : host + end;
        }),
        innerName,
      ),
      rest,
      (host, path) => {
        assert.match(checkBaseUrl(`https://${host}${path}`, "public") ?? "allowed", /^must /);
      },
    ),
  ),
];
