import { describe, expect, it } from "vitest";
import type { Target } from "../routing/router-document.ts";
import { objectMembers, objectText } from "./json-members.ts";
import { shadowBody } from "./shadow-body.ts";

const MESSAGES = [{ role: "user", content: "hello" }];

function copy(fields: object, target: Partial<Target> = {}, choices = 1): unknown {
  const members = objectMembers(JSON.stringify({ model: "auto", messages: MESSAGES, ...fields }))!;
  const made = shadowBody({ members, stream: false, choices }, { model: "m", ...target }, "up", 100);
  if (made === null) return null;
  const { model, messages, ...rest } = JSON.parse(objectText(made.members)) as Record<string, unknown>;
  expect([model, messages]).toEqual(["up", MESSAGES]);
  return { ...rest, capped: made.capped };
}

describe("the copy of a request", () => {
  it.each<[string, object, Partial<Target>, number, object]>([
    ["is capped", {}, {}, 1, { max_completion_tokens: 100, capped: true }],
    [
      "is capped where the request was not",
      { max_tokens: null },
      {},
      1,
      { max_tokens: null, max_completion_tokens: 100, capped: true },
    ],
    ["is capped lower than the request", { max_tokens: 5_000 }, {}, 1, { max_tokens: 100, capped: true }],
    [
      "is left at the request's own lower limit",
      { max_completion_tokens: 7 },
      {},
      1,
      { max_completion_tokens: 7, capped: false },
    ],
    [
      "keeps both fields under the cap",
      { max_tokens: 500, max_completion_tokens: 7 },
      {},
      1,
      { max_tokens: 100, max_completion_tokens: 7, capped: false },
    ],
    [
      "is capped in the field its target does not drop",
      {},
      { drop: ["max_completion_tokens"] },
      1,
      { max_tokens: 100, capped: true },
    ],
    [
      "is capped under its target's own fields",
      {},
      { override: { max_tokens: 900 } },
      1,
      { max_tokens: 100, capped: true },
    ],
    ["shares its cap among its choices", { n: 3 }, {}, 3, { n: 3, max_completion_tokens: 33, capped: true }],
    [
      "has a token for each of too many choices",
      { n: 128 },
      {},
      128,
      { n: 128, max_completion_tokens: 1, capped: true },
    ],
    [
      "has no field for a cap that its target has none for",
      {},
      { drop: ["max_tokens", "max_completion_tokens"] },
      1,
      { capped: true },
    ],
    ["is not stored", { store: true, seed: 1 }, {}, 1, { seed: 1, max_completion_tokens: 100, capped: true }],
  ])("%s", (_what, fields, target, choices, expected) => {
    expect(copy(fields, target, choices)).toEqual(expected);
  });

  it.each<[string, object, Partial<Target>]>([
    ["a tool of the provider's", { tools: [{ type: "function", function: {} }, { type: "web_search" }] }, {}],
    ["a tool of no kind", { tools: ["search"] }, {}],
    ["a search", { web_search_options: {} }, {}],
    ["a plugin", { plugins: [{ id: "web" }] }, {}],
    ["a server of tools", { mcp_servers: [{ url: "https://x.example" }] }, {}],
    ["a tool that its target adds", {}, { override: { tools: [{ type: "code_interpreter" }] } }],
  ])("is not made with %s", (_what, fields, target) => {
    expect(copy(fields, target)).toBeNull();
  });

  it("is made with tools that only clients carry out", () => {
    const tools = [
      { type: "function", function: { name: "f" } },
      { type: "custom", custom: { name: "c" } },
    ];
    const fields = { tools, web_search_options: null, plugins: [] };
    expect(copy(fields)).toMatchObject({ tools });
  });
});
