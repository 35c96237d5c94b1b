import { describe, expect, it } from "vitest";
import { draftDocumentSchema, emptyDraft, modelsOfDraft, publishable } from "./draft-document.ts";

const draft = draftDocumentSchema.parse({
  policies: [
    { name: "contract review", description: "Find risky clauses", domain: "legal" },
    { name: "small talk", description: "Chatting" },
  ],
  targets: { "contract review": { model: "big", fallbacks: ["small", "gone"] } },
  fallback: { model: "small" },
});

const known = new Set(["big", "small"]);

describe("a draft", () => {
  it("begins empty, and empty is not publishable", () => {
    const result = publishable(emptyDraft(), known);
    expect("findings" in result && result.findings.map(({ code, path }) => [code, ...path])).toEqual([
      ["no_policies", "policies"],
      ["no_fallback", "fallback"],
    ]);
  });

  it("refuses fields it does not know, wherever they are", () => {
    const wrong = { ...draft, targets: { "small talk": { model: "small", fallback: ["big"] } }, polices: [] };
    const issues = draftDocumentSchema.safeParse(wrong).error?.issues ?? [];
    expect(issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []))).toEqual(
      expect.arrayContaining(["fallback", "polices"]),
    );
  });

  it("must say what its fallback is, even when that is nothing yet", () => {
    expect(draftDocumentSchema.safeParse({ policies: [], targets: {} }).success).toBe(false);
  });

  it("is published as it is once all of its models exist", () => {
    expect(publishable(draft, new Set([...known, "gone"]))).toEqual({ document: draft });
  });

  it("names each place that names a model the tenant does not have", () => {
    const result = publishable({ ...draft, unsure: { model: "lost" } }, known);
    const rest = { severity: "error", code: "unknown_model", hint: "Create the model, or name one that exists." };
    expect(result).toEqual({
      findings: [
        { ...rest, path: ["targets", "contract review", "fallbacks", 1], message: "there is no model gone" },
        { ...rest, path: ["unsure", "model"], message: "there is no model lost" },
      ],
    });
    expect(modelsOfDraft(draft)).toEqual(["big", "small", "gone"]);
  });
});
