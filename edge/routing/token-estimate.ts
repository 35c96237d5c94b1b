const CHARACTERS_PER_TOKEN = 4;
/** Up to here (Latin with its accents) tokenizers take several characters at once; beyond, about one each. */
const LAST_LATIN = 0x24f;

/** Rough number of tokens in a text: a quarter of its Latin characters, and every other UTF-16 unit. */
export function textTokens(text: string): number {
  let others = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > LAST_LATIN) others += 1;
  return others + (text.length - others) / CHARACTERS_PER_TOKEN;
}

/** Rough number of tokens in a JSON value as a prompt would spell it. */
export function jsonTokens(value: unknown): number {
  let tokens = 0;
  // A list instead of recursion: a client decides how deep its JSON is.
  const pending: unknown[] = value === undefined || value === null ? [] : [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") tokens += textTokens(next);
    else if (typeof next === "object" && next !== null) {
      for (const [name, member] of Object.entries(next)) {
        if (!Array.isArray(next)) tokens += textTokens(name);
        pending.push(member);
      }
    }
    tokens += 1 / CHARACTERS_PER_TOKEN;
  }
  return tokens;
}
