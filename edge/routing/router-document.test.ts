import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelsOf, modelSlugSchema, policyNameSchema, routerDocumentSchema, slugSchema } from "./router-document.ts";

/** Any UTF-16 unit, halves of surrogate pairs and control characters included. */
const utf16 = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

describe("policy names", () => {
  it.each(["bug fixing", "Übersetzung", "法律", "a/b", "1st draft", "x".repeat(64), "toString"])(
    "may be %s",
    (name) => {
      expect(policyNameSchema.safeParse(name).success).toBe(true);
    },
  );

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(65)],
    ["a whole number, which objects reorder", "42"],
    ["an outcome", "Other"],
    ["another outcome", "unsure"],
    ["a prototype", "__proto__"],
    ["not in normal form C", "e\u0301"],
    ["half a surrogate pair", "\ud800"],
    ["markup", "a<b"],
    ["a quote", 'say "x"'],
    ["a brace", "{x}"],
    ["a line break", "a\nb"],
    ["an invisible turn of direction", "a\u202eb"],
    ["spaced", " a"],
  ])("may not be %s", (_name, name) => {
    expect(policyNameSchema.safeParse(name).success).toBe(false);
  });

  it("that pass survive JSON, object keys in order, and a header", () => {
    const names = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), { maxLength: 8 });
    fc.assert(
      fc.property(names, (given) => {
        const accepted = given.filter((name) => policyNameSchema.safeParse(name).success);
        const object = Object.fromEntries(accepted.map((name) => [name, true]));
        expect(Object.keys(JSON.parse(JSON.stringify(object)) as object)).toEqual(accepted);
        for (const name of accepted) expect(decodeURIComponent(encodeURIComponent(name))).toBe(name);
      }),
    );
  });
});

describe("slugs", () => {
  it("of models are never mistaken for routing, and all slugs fit a header", () => {
    for (const slug of ["auto", "router/x", "router/", "-a", "a b", ""]) {
      expect(modelSlugSchema.safeParse(slug).success).toBe(false);
    }
    for (const slug of ["gpt-5", "openai/gpt-5:latest", "automatic", "router"]) {
      expect(modelSlugSchema.safeParse(slug).success).toBe(true);
    }
    fc.assert(
      fc.property(fc.string({ unit: utf16 }), (text) => {
        for (const schema of [slugSchema, modelSlugSchema]) {
          if (schema.safeParse(text).success) expect(text).toMatch(/^[!-~]+$/);
        }
      }),
    );
  });
});

describe("a router document", () => {
  const policy = (name: string) => ({ name, description: "" });
  const fallback = { model: "small" };

  it("fills in its settings", () => {
    expect(routerDocumentSchema.parse({ policies: [], targets: {}, fallback })).toMatchObject({
      unsure: null,
      settings: { engine: "default", deadline_ms: 250, min_confidence: 0, mode: "enforce" },
    });
  });

  it("is read back from its own JSON unchanged, whatever it holds", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    const target = fc.record({
      model: fc.constantFrom("small", "large"),
      params: fc.dictionary(fc.constantFrom("a", "b"), fc.jsonValue()),
    });
    const documents = fc.record({
      policies: fc.uniqueArray(fc.record({ name: text, description: text }), {
        selector: ({ name }) => name.toLowerCase(),
      }),
      fallback: target,
      unsure: fc.option(target),
    });
    fc.assert(
      fc.property(documents, (given) => {
        const policies = given.policies.filter(({ name }) => policyNameSchema.safeParse(name).success);
        const targets = Object.fromEntries(policies.map(({ name }) => [name, { model: "large" }]));
        // Documents come as JSON, which knows no -0.
        const sent: unknown = JSON.parse(JSON.stringify({ ...given, policies, targets }));
        const document = routerDocumentSchema.parse(sent);
        expect(routerDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
        expect(modelsOf(document).every((slug) => ["small", "large"].includes(slug))).toBe(true);
      }),
    );
  });

  it.each([
    [
      "names that differ by letter case alone",
      { policies: [policy("Law"), policy("law")], targets: {}, fallback },
      ["policies", 1, "name"],
    ],
    ["a target for no policy", { policies: [], targets: { law: fallback }, fallback }, ["targets", "law"]],
    ["no fallback", { policies: [], targets: {} }, ["fallback"]],
    [
      "a deadline of nothing",
      { policies: [], targets: {}, fallback, settings: { deadline_ms: 0 } },
      ["settings", "deadline_ms"],
    ],
  ])("is refused with %s, and says where", (_name, document, path) => {
    const parsed = routerDocumentSchema.safeParse(document);
    expect(parsed.error?.issues[0]?.path).toEqual(path);
  });
});
