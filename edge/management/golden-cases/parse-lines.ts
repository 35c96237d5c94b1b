import { ok, refuse, type Result } from "../../errors.ts";
import { pointer } from "../../http/validation-hook.ts";
import { unstorable, type Finding } from "../storable.ts";
import { goldenCaseInputSchema, type GoldenCaseInput } from "./schema.ts";

/** Lines of an import: one insert takes them. */
const MAX_LINES = 1_000;
const MAX_FINDINGS = 50;

/**
 * The golden cases of a JSON Lines text; blank lines are passed over. A refusal's pointers begin with the number of
 * the line, from 1.
 */
export function parseLines(text: string): Result<GoldenCaseInput[]> {
  const lines = text
    .split("\n")
    .map((line, index) => ({ line, at: index + 1 }))
    .filter(({ line }) => line.trim() !== "");
  if (lines.length === 0 || lines.length > MAX_LINES) {
    const detail = `must hold 1 to ${String(MAX_LINES)} lines, and holds ${String(lines.length)}`;
    return refuse("validation_failed", { errors: [{ pointer: "", detail }] });
  }
  const cases: GoldenCaseInput[] = [];
  const errors: { pointer: string; detail: string }[] = [];
  for (const { line, at } of lines) {
    const read = parseLine(line);
    if ("input" in read) cases.push(read.input);
    else errors.push(...read.findings.map(({ path, detail }) => ({ pointer: pointer([at, ...path]), detail })));
    if (errors.length >= MAX_FINDINGS) break;
  }
  return errors.length === 0 ? ok(cases) : refuse("validation_failed", { errors: errors.slice(0, MAX_FINDINGS) });
}

function parseLine(line: string): { readonly input: GoldenCaseInput } | { readonly findings: readonly Finding[] } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { findings: [{ path: [], detail: "is not valid JSON" }] };
  }
  const findings = unstorable(value);
  if (findings.length > 0) return { findings };
  const parsed = goldenCaseInputSchema.safeParse(value);
  if (parsed.success) return { input: parsed.data };
  return {
    findings: parsed.error.issues.flatMap((issue) => {
      const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
      return issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ path: [...path, key], detail: "unknown field" }))
        : [{ path, detail: issue.message }];
    }),
  };
}
