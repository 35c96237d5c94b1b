import assert from "node:assert/strict";
import fc from "fast-check";
import { inWrittenOrder, sameDocument } from "../../edge/management/routers/canonical-document.ts";
import { compareDocuments } from "../../edge/management/routers/compare-documents.ts";
import { draftDocumentSchema, modelsOfDraft, publishable } from "../../edge/routing/draft-document.ts";
import { chooseTarget } from "../../edge/routing/target.ts";
import { lintDraft } from "../../edge/routing/lint.ts";
import { policyDigestOf } from "../../edge/routing/policy-digest-of.ts";
import { routerDocumentSchema, type RouterDocument, type Target } from "../../edge/routing/router-document.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyJson, anyName, looseRecord, orAnyJson } from "./hostile.ts";

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("code", "law", "travel plans", "Überblick", "音楽") },
  anyName,
);
const model = fc.oneof({ weight: 9, arbitrary: fc.constantFrom("echo-a", "open-a", "openai/gpt-5:free") }, anyName);

const target = looseRecord({
  model,
  fallbacks: fc.array(model, { maxLength: 3 }),
  params: fc.dictionary(anyName, anyJson, { maxKeys: 3 }),
  override: fc.dictionary(anyName, anyJson, { maxKeys: 3 }),
  drop: fc.array(anyName, { maxLength: 3 }),
});

/** A router document, or something that is nearly one. */
export const document: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 9,
    arbitrary: looseRecord({
      policies: fc.array(looseRecord({ name, description: anyName, domain: anyName, level: fc.constant("domain") }), {
        maxLength: 5,
      }),
      targets: fc.dictionary(name, target, { maxKeys: 4 }),
      fallback: target,
      unsure: fc.oneof(target, fc.constant(null)),
      settings: looseRecord({
        engine: anyName,
        deadline_ms: fc.integer({ min: 0, max: 20_000 }),
        min_confidence: fc.double({ min: 0, max: 1 }),
        other_bias: fc.double(),
        mode: fc.constantFrom("enforce", "observe"),
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      policies: fc.uniqueArray(fc.record({ name: fc.constantFrom("code", "law", "art"), description: fc.string() }), {
        selector: (policy) => policy.name,
      }),
      targets: fc.constant({}),
      fallback: fc.record({ model: fc.constantFrom("echo-a", "open-a") }),
      settings: orAnyJson(fc.constant({})),
    }),
  },
);

const known = new Set(["echo-a"]);

function targetOf({ targets, fallback, settings }: RouterDocument, policy: string): Target | undefined {
  return Object.hasOwn(targets, policy) && settings.mode === "enforce" ? targets[policy] : fallback;
}

export const policyDocumentProperties: readonly FuzzProperty[] = [
  named(
    "policy document: any JSON is refused or taken; what is taken stays the same through storage and publishing",
    fc.asyncProperty(document, async (value) => {
      const parsed = routerDocumentSchema.safeParse(value);
      if (!parsed.success) return;
      const stored = JSON.parse(JSON.stringify(parsed.data)) as unknown;
      assert.deepEqual(routerDocumentSchema.parse(stored), JSON.parse(JSON.stringify(parsed.data)));
      assert.match(await policyDigestOf(parsed.data), /^[0-9a-f]{64}$/);
      for (const { name: policy } of parsed.data.policies) {
        const chosen = chooseTarget(parsed.data, { outcome: "matched", policy, confidence: 1 });
        assert.deepEqual(chosen, targetOf(parsed.data, policy));
      }
    }),
  ),
  named(
    "policy draft: any JSON is refused or taken; what is taken can be linted, ordered, compared and published or not",
    fc.property(document, document, (one, other) => {
      const drafts = [one, other].flatMap((value) => draftDocumentSchema.safeParse(value).data ?? []);
      for (const draft of drafts) {
        const findings = lintDraft(draft, known, { similarities: null, budget: null });
        const published = publishable(draft, known);
        const errors = findings.some(({ severity }) => severity === "error");
        assert.equal("document" in published, !errors);
        assert.ok(modelsOfDraft(draft).length > 0 || draft.fallback === null);
        assert.ok(sameDocument(draft, inWrittenOrder(draft)));
        assert.deepEqual(compareDocuments(draft, draft).policies.changed, []);
      }
      const [first, second] = drafts;
      if (first !== undefined && second !== undefined) compareDocuments(first, second);
    }),
  ),
];
