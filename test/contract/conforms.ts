import type { ApiDocument, JsonSchema } from "../management/api-document.ts";
import { resolved } from "./schema-values.ts";

type Schemas = ApiDocument["components"]["schemas"];

/**
 * What of a JSON value does not fit a schema, as sentences; empty when all of it does. Stricter than JSON Schema in one
 * thing: an object may hold no field that its schema does not name, since clients are generated from what is named.
 */
export function misfits(value: unknown, reference: JsonSchema, schemas: Schemas, at = ""): string[] {
  const schema = flattened(reference, schemas);
  const { anyOf, type, enum: allowed } = schema;
  if (anyOf !== undefined) {
    const branches = anyOf.map((branch) => misfits(value, branch, schemas, at));
    return branches.some((branch) => branch.length === 0) ? [] : branches.flat();
  }
  const types = typeof type === "string" ? [type] : (type ?? []);
  if (types.length > 0 && !types.some((name) => isOfType(value, name))) {
    return [`${at} is no ${types.join(" or ")}: ${JSON.stringify(value)}`];
  }
  if (allowed !== undefined && value !== null && !allowed.includes(value)) {
    return [`${at} is none of ${allowed.join(", ")}: ${JSON.stringify(value)}`];
  }
  if (typeof value === "string") return ofText(value, schema, at);
  if (typeof value === "number") return ofNumber(value, schema, at);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => misfits(item, schema.items ?? {}, schemas, `${at}/${index}`));
  }
  return isRecord(value) ? ofRecord(value, schema, schemas, at) : [];
}

/** `allOf` made one schema: zod writes an extended object so. */
function flattened(reference: JsonSchema, schemas: Schemas): JsonSchema {
  const schema = resolved(reference, schemas);
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map((part) => flattened(part, schemas));
  return {
    type: "object",
    properties: Object.assign({}, ...parts.map(({ properties }) => properties ?? {})) as JsonSchema["properties"] & {},
    required: parts.flatMap(({ required }) => required ?? []),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function ofText(value: string, { pattern, format, minLength = 0, maxLength = Infinity }: JsonSchema, at: string) {
  const { length } = Array.from(value);
  return [
    ...(length < minLength || length > maxLength ? [`${at} has ${length} characters`] : []),
    ...(pattern !== undefined && !new RegExp(pattern, "u").test(value) ? [`${at} does not match ${pattern}`] : []),
    ...(format === "date-time" && Number.isNaN(Date.parse(value)) ? [`${at} is no instant: ${value}`] : []),
  ];
}

function ofNumber(value: number, schema: JsonSchema, at: string): string[] {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  const fits = value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
  return fits ? [] : [`${at} is out of its range: ${value}`];
}

function ofRecord(value: Record<string, unknown>, schema: JsonSchema, schemas: Schemas, at: string): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const absent = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}/${name} is absent`);
  const own = Object.entries(value).flatMap(([name, item]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) return misfits(item, property, schemas, `${at}/${name}`);
    if (typeof additionalProperties === "object") return misfits(item, additionalProperties, schemas, `${at}/${name}`);
    const open = additionalProperties === true || schema.type === undefined;
    return open ? [] : [`${at}/${name} is not described`];
  });
  return [...absent, ...own];
}
