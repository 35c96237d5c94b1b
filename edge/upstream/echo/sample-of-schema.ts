/** Levels a sample goes down before it gives up, so that a recursive schema ends. */
const MAX_DEPTH = 8;

/**
 * A value that fits a JSON schema of the kind strict structured outputs allow: constants and first choices as they
 * are, every listed property, and `text` wherever a free string is asked for.
 */
export function sampleOfSchema(schema: unknown, text: string, depth = 0): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return null;
  if ("const" in schema) return schema["const"];
  const choice = firstOf(schema["enum"]);
  if (choice !== undefined) return choice;
  const branch = firstOf(schema["anyOf"]) ?? firstOf(schema["oneOf"]);
  if (branch !== undefined) return sampleOfSchema(branch, text, depth + 1);
  const type = firstOf(schema["type"]) ?? schema["type"] ?? ("properties" in schema ? "object" : undefined);
  switch (type) {
    case "object":
      return sampleObject(schema["properties"], text, depth);
    case "array":
      return [sampleOfSchema(schema["items"], text, depth + 1)];
    case "string":
      return text;
    case "number":
    case "integer":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 0;
    case "boolean":
      return true;
    default:
      return null;
  }
}

function sampleObject(properties: unknown, text: string, depth: number): Record<string, unknown> {
  if (!isRecord(properties)) return {};
  const entries = Object.entries(properties).map(([name, schema]) => [name, sampleOfSchema(schema, text, depth + 1)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value[0] as unknown) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
