import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openaiEvalsLine, ownLine, promptfooLine, type DataSetRow } from "./forms.ts";

/** As https://www.promptfoo.dev/docs/configuration/reference describes a test case, for the members used here. */
const promptfooTestCase = z.strictObject({
  description: z.string(),
  vars: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.unknown()),
});

/** As docs/build-eval.md of https://github.com/openai/evals describes a sample; other members are left alone. */
const openaiEvalsSample = z.looseObject({
  input: z
    .array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(z.looseObject({}))]) }))
    .min(1),
  ideal: z.union([z.string(), z.array(z.string())]),
});

const row = (more: Partial<DataSetRow> = {}): DataSetRow => ({
  decision: "dec_a",
  created_at: "2026-01-01T00:00:00.000Z",
  expires_at: "2026-02-01T00:00:00.000Z",
  version: 3,
  outcome: "matched",
  policy: "law",
  model: "small",
  arm: null,
  usage: { input_tokens: 1, cached_input_tokens: null, output_tokens: 2, reasoning_tokens: null },
  cost_usd: 0.5,
  messages: [{ role: "user", content: "Is it?" }],
  truncated: false,
  answer: "It is.",
  metric: "overall",
  score: 0.5,
  scores: 2,
  label: null,
  ...more,
});

/** What people write that a tool might take for something of its own. */
const tricky = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "{{ env.HOME }}",
    "{% raw %}",
    "{# x #}",
    "file:///etc/passwd",
    "package:x",
    "{{{{",
    "#}",
    "a #} b",
    '"{{"',
    "\\{{",
  ),
);
const texts = fc.array(tricky, { minLength: 1, maxLength: 5 });

describe("a line of a data set", () => {
  it("holds all there is in its own form", () => {
    expect(ownLine(row())).toEqual(row());
  });

  it("is a test case of promptfoo, whatever was said: no file, no template, the same text when it is read", () => {
    fc.assert(
      fc.property(texts, fc.option(tricky), (said, answer) => {
        const messages = said.map((content) => ({ role: "user", content }));
        const { vars, metadata } = promptfooTestCase.parse(promptfooLine(row({ messages, answer })));
        for (const text of Object.values(vars)) {
          expect(text).not.toMatch(/\{[{%#]|[%#]\}/);
          expect(text).toMatch(/^["[]/);
        }
        expect(JSON.parse(vars["messages"] ?? "")).toEqual(messages);
        expect(vars["answer"] === undefined ? null : JSON.parse(vars["answer"])).toEqual(answer);
        expect(metadata).toMatchObject({ decision: "dec_a", policy: "law", model: "small", score: 0.5 });
      }),
    );
  });

  it("is a sample of OpenAI evals with the answer as what is ideal, and none without an answer", () => {
    const call = { id: "c", type: "function", function: { name: "look", arguments: "{}" } };
    const messages = [
      { role: "user", content: [{ type: "text", text: "What is it?" }] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content: "a cat" },
    ];
    const sample = openaiEvalsSample.parse(openaiEvalsLine(row({ messages })));
    expect(sample.ideal).toBe("It is.");
    expect(sample.input).toEqual([messages[0], { ...messages[1], content: "" }, messages[2]]);
    expect(sample["metadata"]).toMatchObject({ policy: "law", model: "small", score: 0.5 });
    expect(openaiEvalsLine(row({ answer: null }))).toBeUndefined();
  });
});
