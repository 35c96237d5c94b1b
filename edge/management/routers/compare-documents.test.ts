import { expect, it } from "vitest";
import { draftDocumentSchema } from "../../routing/draft-document.ts";
import { compareDocuments } from "./compare-documents.ts";

const from = draftDocumentSchema.parse({
  policies: [
    { name: "code", description: "Write code", domain: "software" },
    { name: "review", description: "Review code" },
    { name: "legal", description: "Law" },
  ],
  targets: { code: { model: "a", fallbacks: ["b"] } },
  fallback: { model: "a" },
});

it("tells added, removed and changed policies, targets and settings apart", () => {
  const to = draftDocumentSchema.parse({
    policies: [
      { name: "review", description: "Review code" },
      { name: "code", description: "Write programs", domain: "software" },
      { name: "weather", description: "Forecasts" },
    ],
    targets: { code: { model: "c", fallbacks: ["b"] }, weather: { model: "a" } },
    fallback: { model: "b" },
    unsure: { model: "a" },
    settings: { mode: "observe" },
  });
  expect(compareDocuments(from, to)).toEqual({
    policies: {
      added: [{ name: "weather", description: "Forecasts" }],
      removed: [{ name: "legal", description: "Law" }],
      changed: [{ name: "code", changes: { "/description": { from: "Write code", to: "Write programs" } } }],
      reordered: true,
    },
    targets: { "/code/model": { from: "a", to: "c" }, "/weather": { from: null, to: { model: "a" } } },
    fallback: { "/model": { from: "a", to: "b" } },
    unsure: { "": { from: null, to: { model: "a" } } },
    settings: { "/mode": { from: "enforce", to: "observe" } },
  });
});

it("finds nothing between a document and itself, and no order in additions alone", () => {
  const nothing = { added: [], removed: [], changed: [], reordered: false };
  const same = { policies: nothing, targets: {}, fallback: {}, unsure: {}, settings: {} };
  expect(compareDocuments(from, structuredClone(from))).toEqual(same);
  const longer = { ...from, policies: [{ name: "new", description: "" }, ...from.policies] };
  expect(compareDocuments(from, longer).policies.reordered).toBe(false);
});
