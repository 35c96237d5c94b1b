import { expect, test } from "vitest";
import { parseGoldenCases, parsePolicies } from "./golden-cases.ts";

const policies = [{ name: "weather", description: "now and later" }];
const messages = [
  { role: "user", content: "Will it snow?" },
  { role: "assistant", content: "No." },
  { role: "user", content: "Thanks" },
];
const line = JSON.stringify({ name: null, messages, expected: ["weather", "other"] });

test("exported golden cases are labelled conversations under these policies", () => {
  const unnamed = JSON.stringify({ messages, expected: [null, "weather"] });
  const rest = { dataset: "golden cases", scenario: "fQfA", policies, turns: messages };
  expect(parseGoldenCases(`${line}\n\n${unnamed}\n`, "kept/cases.jsonl", policies)).toEqual([
    { id: "cases.jsonl:1", labels: ["weather", "other"], ...rest },
    { id: "cases.jsonl:3", labels: [null, "weather"], ...rest },
  ]);
});

test.each([
  ["half a line", '{"messages":', "g.jsonl:2 is not JSON"],
  ["no messages", { expected: [] }, "g.jsonl:2: messages: "],
  [
    "a role of nobody's",
    { messages: [{ role: "system", content: "" }], expected: [] },
    "g.jsonl:2: messages[0].role: ",
  ],
  ["a field that nothing reads", { messages, expected: [null, null], weight: 2 }, '"weight"'],
  ["too few labels", { messages, expected: ["weather"] }, "g.jsonl:2: expected: has 1 entries for 2 user messages"],
  ["a policy of another router", { messages, expected: [null, "trains"] }, "g.jsonl:2: expected[1] names no policy"],
])("%s is refused with line and field", (_what, wrong, message) => {
  const second = typeof wrong === "string" ? wrong : JSON.stringify(wrong);
  expect(() => parseGoldenCases(`${line}\n${second}\n`, "g.jsonl", policies)).toThrow(message);
});

test("a document without a description is refused with the field", () => {
  const wrong = JSON.stringify({ policies: [{ name: "a" }] });
  expect(() => parsePolicies(wrong, "router.json")).toThrow("router.json: policies[0].description: ");
});
