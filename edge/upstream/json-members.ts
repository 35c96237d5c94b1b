/** Nesting beyond which a request is refused: no API asks for it, and recursion over it would overflow a stack. */
const MAX_DEPTH = 200;

/** The members of a JSON object as they are written: value texts keep their number formats, escapes and order. */
export type Members = Map<string, string>;

/**
 * Reads the members of an object without rebuilding its values. The text must be valid JSON and an object; of a
 * repeated name the last value counts, as with `JSON.parse`. Null when it nests deeper than is sensible.
 */
export function objectMembers(text: string): Members | null {
  const members: Members = new Map();
  let index = skipSpace(text, text.indexOf("{") + 1);
  while (text[index] === '"') {
    const nameEnd = stringEnd(text, index);
    const name = JSON.parse(text.slice(index, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = valueEnd(text, start);
    if (end === null) return null;
    members.set(name, text.slice(start, end));
    index = skipSpace(text, end);
    if (text[index] === ",") index = skipSpace(text, index + 1);
  }
  return members;
}

export function objectText(members: Members): string {
  return `{${Array.from(members, ([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function skipSpace(text: string, from: number): number {
  let index = from;
  while (text[index] === " " || text[index] === "\n" || text[index] === "\r" || text[index] === "\t") index += 1;
  return index;
}

/** The index after the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** The index after the value that begins at `start`; null when it nests too deeply. */
function valueEnd(text: string, start: number): number | null {
  let depth = 0;
  for (let index = start; index < text.length;) {
    const character = text[index];
    if (character === '"') {
      index = stringEnd(text, index);
      if (depth === 0) return index;
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (depth === 0 && (character === "," || /\s/.test(character ?? ""))) return index;
    if (depth > MAX_DEPTH) return null;
    index += 1;
  }
  return text.length;
}
