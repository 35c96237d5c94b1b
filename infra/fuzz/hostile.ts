import fc from "fast-check";

/** Any sequence of UTF-16 units, halves of surrogate pairs among them. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) }, fc.integer({ min: 0, max: 0xffff })),
    {
      maxLength: 60,
    },
  )
  .map((units) => String.fromCharCode(...units));

/** Names that objects of JavaScript have anyway, numbers that reorder them, and what parsers take for something else. */
export const awkwardName: fc.Arbitrary<string> = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "0",
  "42",
  "-1",
  "",
  " ",
  "other",
  "unsure",
  "null",
  "undefined",
  "auto",
  "router/",
  "\u0000",
  "\uFEFF",
  "e\u0301",
  "\u202e",
);

export const anyName: fc.Arbitrary<string> = fc.oneof(awkwardName, fc.string({ maxLength: 12 }), anyText);

const key = fc.oneof(fc.string({ maxLength: 8 }), awkwardName);
/** Any JSON value, with awkward names and all. `__proto__` is a member like any other, as JSON.parse makes it. */
export const anyJson: fc.Arbitrary<unknown> = fc
  .json({ maxDepth: 3, stringUnit: "binary" })
  .chain((text) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(text) },
      { weight: 1, arbitrary: key.map((name) => `{${JSON.stringify(name)}:${text}}`) },
    ),
  )
  .map((text) => JSON.parse(text) as unknown);

/** `usual` most of the time, else any JSON value. */
export function orAnyJson<T>(usual: fc.Arbitrary<T>, weight = 12): fc.Arbitrary<unknown> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: anyJson });
}

/**
 * An object of these members. In most, those in `required` are there and all are as they should be, so that cases get
 * past the first check of a value that holds many; in the others any may be missing or be something else entirely.
 */
export function looseRecord(
  members: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  required: readonly string[] = Object.keys(members),
): fc.Arbitrary<unknown> {
  const loose = Object.fromEntries(Object.entries(members).map(([name, usual]) => [name, orAnyJson(usual)]));
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ ...members }, { requiredKeys: [...required] }) },
    { weight: 1, arbitrary: fc.record(loose, { requiredKeys: [] }) },
  );
}

/** A text with a few of its characters removed, doubled or replaced. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const blow = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.constantFrom("cut", "double", "replace"),
    by: fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "\\", "\n", "\u0000", "\ud800", "9", "e", " "),
  });
  return fc.tuple(text, fc.array(blow, { minLength: 1, maxLength: 4 })).map(([whole, blows]) =>
    blows.reduce((hit, { at, how, by }) => {
      const place = Math.floor(at * hit.length);
      if (how === "cut") return hit.slice(0, place) + hit.slice(place + 1);
      return hit.slice(0, place) + by + hit.slice(how === "double" ? place : place + 1);
    }, whole),
  );
}
