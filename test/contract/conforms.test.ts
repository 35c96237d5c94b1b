import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../management/api-document.ts";
import { misfits } from "./conforms.ts";

const schemas = {
  Thing: {
    type: "object",
    properties: { id: { type: "string", pattern: "^t_" }, size: { type: ["integer", "null"], minimum: 1 } },
    required: ["id"],
  },
  Named: { allOf: [{ $ref: "#/components/schemas/Thing" }, { type: "object", properties: { name: { enum: ["a"] } } }] },
  Any: { type: "object", additionalProperties: { type: "number" } },
} satisfies Record<string, JsonSchema>;

const of = (name: keyof typeof schemas, value: unknown): string[] =>
  misfits(value, { $ref: `#/components/schemas/${name}` }, schemas);

describe("what does not fit a schema", () => {
  it("is nothing of a value that fits", () => {
    expect(of("Thing", { id: "t_1", size: 1 })).toEqual([]);
    expect(of("Thing", { id: "t_1", size: null })).toEqual([]);
    expect(of("Named", { id: "t_1", name: "a" })).toEqual([]);
    expect(of("Any", { x: 1.5 })).toEqual([]);
    expect(misfits([{ id: "t_1" }], { type: "array", items: { $ref: "#/components/schemas/Thing" } }, schemas)).toEqual(
      [],
    );
    expect(misfits("2026-01-01T00:00:00Z", { type: "string", format: "date-time" }, schemas)).toEqual([]);
  });

  it.each<[keyof typeof schemas, unknown, string]>([
    ["Thing", [], " is no object: []"],
    ["Thing", {}, "/id is absent"],
    ["Thing", { id: "x" }, "/id does not match ^t_"],
    ["Thing", { id: "t_", size: 1.5 }, "/size is no integer or null: 1.5"],
    ["Thing", { id: "t_", size: 0 }, "/size is out of its range: 0"],
    ["Thing", { id: "t_", more: 1 }, "/more is not described"],
    ["Named", { id: "t_", name: "b" }, '/name is none of a: "b"'],
    ["Named", { name: "a" }, "/id is absent"],
    ["Any", { x: "1" }, '/x is no number: "1"'],
  ])("is told: %s of %j", (name, value, finding) => {
    expect(of(name, value)).toEqual([finding]);
  });

  it("is told of a union when it fits no branch", () => {
    const either: JsonSchema = { anyOf: [{ type: "string", maxLength: 1 }, { type: "integer" }] };
    expect(misfits("a", either, {})).toEqual([]);
    expect(misfits("ab", either, {})).toEqual([" has 2 characters", ' is no integer: "ab"']);
    expect(misfits("x", { type: "string", format: "date-time" }, {})).toEqual([" is no instant: x"]);
  });
});
