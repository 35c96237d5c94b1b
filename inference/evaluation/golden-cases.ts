import { basename } from "node:path";
import { z } from "zod";
import type { BenchmarkRecord } from "./record.ts";

type Policies = BenchmarkRecord["policies"];

/** A line of a router's golden cases, as the management API exports them. */
const caseSchema = z
  .strictObject({
    name: z.string().nullish(),
    messages: z.array(z.strictObject({ role: z.enum(["user", "assistant"]), content: z.string() })).min(1),
    expected: z.array(z.string().nullable()),
  })
  .superRefine(({ messages, expected }, context) => {
    const turns = messages.filter(({ role }) => role === "user").length;
    if (expected.length === turns) return;
    const message = `has ${expected.length} entries for ${turns} user messages`;
    context.addIssue({ code: "custom", path: ["expected"], message });
  });

/** Of a router's document what its router model sees. */
const documentSchema = z.object({
  policies: z.array(z.object({ name: z.string().min(1), description: z.string() })).min(1),
});

/** The policies of a router's document. Throws with the field that is wrong. */
export function parsePolicies(text: string, path: string): Policies {
  return parse(documentSchema, text, path).policies;
}

/**
 * Golden cases as labelled conversations under these policies. Throws with line and field of what is wrong, a case that
 * expects a policy which is none of them included: it was written for another document.
 */
export function parseGoldenCases(text: string, path: string, policies: Policies): BenchmarkRecord[] {
  const known = new Set(["other", ...policies.map(({ name }) => name)]);
  return text.split("\n").flatMap((line, index): BenchmarkRecord[] => {
    if (line.trim() === "") return [];
    const place = `${path}:${index + 1}`;
    const { messages, expected } = parse(caseSchema, line, place);
    const stranger = expected.findIndex((name) => name !== null && !known.has(name));
    if (stranger !== -1) throw new Error(`${place}: expected[${stranger}] names no policy of the document`);
    const id = `${basename(path)}:${index + 1}`;
    return [{ id, dataset: "golden cases", scenario: "fQfA", policies, turns: messages, labels: expected }];
  });
}

function parse<T>(schema: z.ZodType<T>, text: string, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${place} is not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = z.core.toDotPath(issue?.path ?? []);
  throw new Error(`${place}: ${field === "" ? "" : `${field}: `}${issue?.message ?? "is not as it should be"}`);
}
