/** Levels a request body may nest; deeper ones overflow recursive readers, JSON.stringify and PostgreSQL among them. */
const MAX_DEPTH = 64;
const MAX_FINDINGS = 20;

export interface Finding {
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

/**
 * What in a parsed JSON value cannot be stored or would be lost on the way: NUL characters and lone surrogates (which
 * PostgreSQL's text and jsonb refuse), keys that object code drops, nesting without end. Empty when all of it can.
 */
export function unstorable(value: unknown): Finding[] {
  const findings: Finding[] = [];
  const left: { value: unknown; path: readonly (string | number)[] }[] = [{ value, path: [] }];
  for (let next = left.pop(); next !== undefined && findings.length < MAX_FINDINGS; next = left.pop()) {
    const { path } = next;
    if (typeof next.value === "string") {
      const detail = textProblem(next.value);
      if (detail !== null) findings.push({ path, detail });
    } else if (typeof next.value === "object" && next.value !== null) {
      if (path.length >= MAX_DEPTH) return [{ path, detail: `must not nest deeper than ${MAX_DEPTH} levels` }];
      if (Array.isArray(next.value))
        next.value.forEach((item, index) => left.push({ value: item, path: [...path, index] }));
      else {
        for (const [key, item] of Object.entries(next.value)) {
          const detail = key === "__proto__" ? "is not an allowed name" : textProblem(key);
          if (detail !== null) findings.push({ path: [...path, key.toWellFormed()], detail });
          left.push({ value: item, path: [...path, key] });
        }
      }
    }
  }
  return findings;
}

function textProblem(text: string): string | null {
  if (text.includes("\u0000")) return "must not hold a NUL character";
  return text.isWellFormed() ? null : "must be well-formed Unicode";
}
