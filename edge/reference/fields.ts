import type { ApiDocument } from "./document.ts";

type Components = NonNullable<ApiDocument["components"]>;
/** A schema of the document, or a reference to one. */
export type DocumentSchema = NonNullable<Components["schemas"]>[string];
type PlainSchema = Exclude<DocumentSchema, { $ref: string }>;

/** One line of a table of fields. */
export interface Field {
  /** From the body's root: `targets.*.model`, `data[].id`. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

const MAX_DEPTH = 5;

/** Every field of a schema as lines of a table, nested ones after their parent. */
export function fieldsOf(schema: DocumentSchema, components: Components, prefix = "", depth = 0): Field[] {
  const plain = resolve(schema, components);
  const inner = nested(plain, components);
  if (depth >= MAX_DEPTH) return [];
  const parent = `${prefix}${inner.list ? "[]" : ""}${prefix === "" && !inner.list ? "" : "."}`;
  const fields = Object.entries(inner.schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${parent}${name}`;
    const own = resolve(property, components);
    const required = inner.schema.required?.includes(name) ?? false;
    const field = { path, type: typeOf(own, components), required, description: describe(own) };
    return [field, ...fieldsOf(property, components, path, depth + 1)];
  });
  const { additionalProperties } = inner.schema;
  if (typeof additionalProperties !== "object" || Object.keys(additionalProperties).length === 0) return fields;
  return [...fields, ...fieldsOf(additionalProperties, components, `${parent}*`, depth + 1)];
}

/** What a value of this schema is, in a few words. */
export function typeOf(schema: DocumentSchema, components: Components): string {
  const plain = resolve(schema, components);
  const choices = plain.anyOf ?? plain.oneOf;
  if (choices !== undefined) return [...new Set(choices.map((choice) => typeOf(choice, components)))].join(" | ");
  if (plain.enum !== undefined) return plain.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (plain.const !== undefined) return JSON.stringify(plain.const);
  const types = [plain.type ?? []].flat();
  if (types.length === 0) return "any";
  const named = types.map((type) => (type === "array" && plain.items ? `${typeOf(plain.items, components)}[]` : type));
  return named.map((name) => (name === "string" && plain.format !== undefined ? plain.format : name)).join(" | ");
}

function describe(schema: PlainSchema): string {
  const { minimum, maximum, minLength, maxLength, maxItems, pattern } = schema;
  const fallback: unknown = schema.default;
  const bounds = [
    range(minimum, maximum, ""),
    range(minLength, maxLength, " characters"),
    maxItems !== undefined ? `at most ${maxItems}` : null,
    pattern !== undefined ? `\`${pattern}\`` : null,
    fallback !== undefined && fallback !== null ? `default \`${JSON.stringify(fallback)}\`` : null,
  ];
  const limits = bounds.filter((bound) => bound !== null).join("; ");
  return [schema.description, limits === "" ? undefined : `(${limits})`].filter((text) => text !== undefined).join(" ");
}

function range(least: number | undefined, most: number | undefined, unit: string): string | null {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`;
  if (most !== undefined) return `at most ${most}${unit}`;
  return least === undefined ? null : `at least ${least}${unit}`;
}

/** The object that fields are read from: the schema itself, or what a list or a union of it with null holds. */
function nested(schema: PlainSchema, components: Components): { schema: PlainSchema; list: boolean } {
  if (schema.items !== undefined) return { schema: resolve(schema.items, components), list: true };
  const choices = (schema.anyOf ?? schema.oneOf ?? []).map((choice) => resolve(choice, components));
  return { schema: choices.find((choice) => choice.properties !== undefined) ?? schema, list: false };
}

/** Follows references; a name that leads nowhere is an empty schema. */
function resolve(schema: DocumentSchema, components: Components): PlainSchema {
  if (!("$ref" in schema)) return schema;
  const target = components.schemas?.[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
  return target === undefined ? {} : resolve(target, components);
}
