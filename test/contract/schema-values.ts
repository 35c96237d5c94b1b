import fc from "fast-check";
import type { ApiDocument, JsonSchema } from "../management/api-document.ts";

type Schemas = ApiDocument["components"]["schemas"];

/** The schema itself, following a reference into the document's components. */
export function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace("#/components/schemas/", "");
  const target = schemas[name];
  if (target === undefined) throw new Error(`the document has no ${schema.$ref}`);
  return resolved(target, schemas);
}

/** Characters and items at most, whatever more a schema allows: sizes at the bound have tests of their own. */
const SHORT = 24;
const FEW = 3;

/** Values that a schema allows, as far as it can say so: rules beyond it may still refuse them. */
export function valuesOf(reference: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const schema = resolved(reference, schemas);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((branch) => valuesOf(branch, schemas)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, schemas)));
}

function ofType(type: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "string":
      return text(schema);
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 1_000_000 });
    case "number":
      return number(schema);
    case "array":
      return fc.array(valuesOf(schema.items ?? {}, schemas), { minLength: schema.minItems ?? 0, maxLength: FEW });
    case "object":
      return object(schema, schemas);
    default:
      throw new Error(`no values for type ${type}`);
  }
}

function text({ pattern, format, minLength = 0, maxLength = SHORT }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
  if (format === "date-time") {
    const instants = fc.date({ min: new Date("1969-01-01"), max: new Date("3001-01-01"), noInvalidDate: true });
    return instants.map((date) => date.toISOString());
  }
  return fc.string({ minLength, maxLength: Math.min(maxLength, SHORT), unit: "grapheme" });
}

function number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): fc.Arbitrary<number> {
  return fc.double({
    min: minimum ?? exclusiveMinimum ?? -1e9,
    max: maximum ?? exclusiveMaximum ?? 1e9,
    minExcluded: exclusiveMinimum !== undefined,
    maxExcluded: exclusiveMaximum !== undefined,
    noNaN: true,
  });
}

function object(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const named = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valuesOf(property, schemas)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties !== "object") return named;
  const others = fc.dictionary(fc.string({ minLength: 1, maxLength: SHORT }), valuesOf(additionalProperties, schemas), {
    maxKeys: FEW,
  });
  return fc.tuple(others, named).map(([more, own]) => ({ ...more, ...own }));
}

/** JSON that few schemas allow and careless code trips over. */
export const HOSTILE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    -1,
    0.1,
    1e308,
    2 ** 53,
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "__proto__",
    "constructor",
    "'; drop table tenants; --",
    "9".repeat(400),
    "x".repeat(70_000),
    "💥".repeat(2_000),
    "2026-02-30T25:61:61Z",
    "-271821-04-20T00:00:00Z",
    [],
    [[]],
    {},
    { a: 1 },
    { toString: 1, constructor: null },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A document with something wrong at one place: a value replaced, removed, or a field added. */
export function spoiled(document: unknown): fc.Arbitrary<unknown> {
  const places = placesOf(document);
  return fc
    .tuple(fc.constantFrom(...places), HOSTILE, fc.constantFrom("replace", "remove", "add"))
    .map(([place, value, how]) => changedAt(document, place, value, how));
}

type Place = readonly string[];

function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...at, key]))];
}

function changedAt(document: unknown, [key, ...rest]: Place, value: unknown, how: string): unknown {
  if (key === undefined) return how === "add" && isObject(document) ? { ...document, no_such_field: value } : value;
  const copy = structuredClone(document) as Record<string, unknown>;
  if (rest.length === 0 && how === "remove") Reflect.deleteProperty(copy, key);
  else copy[key] = changedAt(copy[key], rest, value, how);
  return copy;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every document that differs in one place: a text or number that is another one, a field that is not there. */
export function neighbours(document: unknown): unknown[] {
  return placesOf(document).flatMap((place) => {
    const value = place.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)[key], document);
    const other = typeof value === "string" ? `${value}x` : typeof value === "number" ? value + 1 : undefined;
    return [
      ...(other === undefined ? [] : [changedAt(document, place, other, "replace")]),
      ...(place.length === 0 ? [] : [changedAt(document, place, null, "remove")]),
    ];
  });
}
