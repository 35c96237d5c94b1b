import { describe, expect, it } from "vitest";
import type { Model } from "../tenancy/snapshot.ts";
import type { Needs, Verdict } from "./decision.ts";
import { routerDocumentSchema, type RouterDocumentInput } from "./router-document.ts";
import { candidates, chooseTarget } from "./target.ts";

const document = (fields: Partial<RouterDocumentInput> = {}) =>
  routerDocumentSchema.parse({
    policies: [
      { name: "code", description: "" },
      { name: "toString", description: "" },
    ],
    targets: { code: { model: "coder" } },
    fallback: { model: "small" },
    ...fields,
  });

const verdict = (outcome: Verdict["outcome"], policy: string | null = null): Verdict => ({
  outcome,
  policy,
  confidence: outcome === null ? null : 0.9,
});

describe("the target of a verdict", () => {
  const unsure = { unsure: { model: "careful" } };
  const observing = { settings: { mode: "observe" as const } };
  it.each([
    ["a matched policy's own", document(), verdict("matched", "code"), "coder"],
    ["the fallback for a policy without one", document(), verdict("matched", "toString"), "small"],
    ["the fallback for other", document(), verdict("other"), "small"],
    ["the fallback when routing failed", document(unsure), verdict(null), "small"],
    ["the fallback when unsure and nothing else is said", document(), verdict("unsure"), "small"],
    ["the one for unsure", document(unsure), verdict("unsure"), "careful"],
    ["the fallback whatever was decided, when observing", document(observing), verdict("matched", "code"), "small"],
    ["the same when observing unsure", document({ ...unsure, ...observing }), verdict("unsure"), "small"],
  ])("is %s", (_name, given, decided, model) => {
    expect(chooseTarget(given, decided).model).toBe(model);
  });
});

const model = (slug: string, fields: Partial<Model> = {}): Model => ({
  id: `mdl_${slug}`,
  slug,
  provider: "p",
  upstream_model: slug,
  prices: null,
  context_window: null,
  modalities: ["text"],
  capabilities: {},
  timeouts: {},
  created_at: "2026-01-01T00:00:00Z",
  ...fields,
});
const needs = (fields: Partial<Needs> = {}): Needs => ({
  images: false,
  audio: false,
  files: false,
  tools: false,
  responseFormat: false,
  tokens: 100,
  ...fields,
});
const catalogue = new Map(
  [
    model("plain"),
    model("seeing", { modalities: ["text", "image"] }),
    model("short", { context_window: 99 }),
    model("exact", { context_window: 100 }),
    model("toolless", { capabilities: { tools: false } }),
    model("formless", { capabilities: { response_format: false }, modalities: ["text", "image"] }),
    model("hearing", { modalities: ["text", "audio", "file"] }),
  ].map((each) => [each.slug, each]),
);
const outcome = (
  slugs: string[],
  needed: Partial<Needs> = {},
  allowed: string[] | null = null,
  lastResort?: string,
): unknown => {
  const [first = "", ...fallbacks] = slugs;
  const last = lastResort === undefined ? undefined : { model: lastResort };
  const result = candidates(
    { model: first, fallbacks },
    catalogue,
    needs(needed),
    allowed,
    ...(last === undefined ? [] : [last]),
  );
  return result.ok ? result.value.map((candidate) => candidate.model.slug) : result.refusal;
};

describe("candidates", () => {
  it.each([
    ["in order, the router's fallback last", ["plain", "seeing"], {}, null, "short2", ["plain", "seeing"]],
    ["each once", ["plain", "seeing", "plain"], {}, null, "seeing", ["plain", "seeing"]],
    ["without those that cannot see", ["plain", "seeing"], { images: true }, null, "formless", ["seeing", "formless"]],
    ["by the router's fallback when no other can", ["plain"], { images: true }, null, "seeing", ["seeing"]],
    ["without those whose context is too short", ["short", "exact"], {}, null, "plain", ["exact", "plain"]],
    ["without those that say they have no tools", ["toolless", "plain"], { tools: true }, null, undefined, ["plain"]],
    ["only those a key may use", ["plain", "seeing"], {}, ["seeing"], "exact", ["seeing"]],
    ["without models that are gone", ["gone", "plain"], {}, null, undefined, ["plain"]],
    ["who hear and read files", ["plain", "hearing"], { audio: true, files: true }, null, undefined, ["hearing"]],
  ] as const)("%s", (_name, slugs, needed, allowed, lastResort, expected) => {
    expect(outcome([...slugs], needed, allowed === null ? null : [...allowed], lastResort)).toEqual(expected);
  });

  it.each([
    ["images", ["plain"], { images: true }, "images", "messages"],
    ["audio", ["plain", "seeing"], { audio: true }, "audio", "messages"],
    ["files", ["plain"], { files: true }, "files", "messages"],
    ["tools", ["toolless"], { tools: true }, "tools", "tools"],
    ["the format", ["formless"], { responseFormat: true }, "this response_format", "response_format"],
    ["the length", ["exact", "short"], { tokens: 101 }, "a request of this length", "messages"],
    ["the one none has, of several", ["toolless", "plain"], { tools: true, images: true }, "images", "messages"],
    [
      "all when each is met but never together",
      ["plain", "formless"],
      { images: true, responseFormat: true },
      "images together with this response_format",
      "messages",
    ],
  ] as const)("are refused naming %s", (_name, slugs, needed, need, param) => {
    expect(outcome([...slugs], needed)).toEqual({
      code: "no_capable_target",
      message: `No target of this router can serve ${need}.`,
      param,
    });
  });

  it("are refused as not allowed when only models the key may not use could serve", () => {
    expect(outcome(["plain", "seeing"], { images: true }, ["plain"])).toMatchObject({ code: "model_not_allowed" });
    expect(outcome(["plain"], {}, [])).toMatchObject({ code: "model_not_allowed" });
    expect(outcome(["plain"], { images: true }, [])).toMatchObject({ code: "no_capable_target" });
  });

  it("are refused as such when every model the router names is gone", () => {
    expect(outcome(["gone", "lost"])).toMatchObject({ code: "no_capable_target", param: "model" });
  });

  it("carry the parameters of the target that named them first", () => {
    const result = candidates({ model: "plain", params: { temperature: 0 } }, catalogue, needs(), null, {
      model: "plain",
      fallbacks: ["seeing"],
      drop: ["seed"],
    });
    expect(result.ok && result.value.map(({ target }) => target.drop ?? target.params)).toEqual([
      { temperature: 0 },
      ["seed"],
    ]);
  });
});
