import { describe, expect, it } from "vitest";
import { policyText } from "./policy-text.ts";

describe("policyText", () => {
  it.each([
    ["bug_fixing", "bug fixing: x"],
    ["bugFixing", "bug Fixing: x"],
    ["bug-fixing.v2/eu", "bug fixing v2 eu: x"],
    ["BILL-02", "BILL 02: x"],
    ["Bug fixing", "Bug fixing: x"],
  ])("reads the name %s as words", (name, text) => {
    expect(policyText({ name, description: "x" })).toBe(text);
  });

  it("keeps a name without a description", () => {
    expect(policyText({ name: "refunds", description: "" })).toBe("refunds:");
  });
});
