const CHARACTERS_PER_TOKEN = 4;
/** Up to here (Latin with its accents) tokenizers take several characters at once; beyond, about one each. */
const LAST_LATIN = 0x24f;
/** Objects and lists of a JSON value that are looked into; more of them fit no context window anyway. */
const MAX_CONTAINERS = 100_000;

/** Rough number of tokens in a text: a quarter of its Latin characters, and every other UTF-16 unit. */
export function textTokens(text: string): number {
  let others = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > LAST_LATIN) others += 1;
  return others + (text.length - others) / CHARACTERS_PER_TOKEN;
}

/**
 * Rough number of tokens in a JSON value as a prompt would spell it; 0 for null and undefined. A client decides how
 * deep and how wide its JSON is: neither the stack nor the memory this takes grows with that.
 */
export function jsonTokens(value: unknown): number {
  const pending: object[] = [];
  let containers = 0;
  const count = (member: unknown): number => {
    if (typeof member === "string") return textTokens(member) + 1 / CHARACTERS_PER_TOKEN;
    if (typeof member === "object" && member !== null && containers < MAX_CONTAINERS) {
      containers += 1;
      pending.push(member);
    }
    return 1 / CHARACTERS_PER_TOKEN;
  };
  let tokens = value === null || value === undefined ? 0 : count(value);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) for (const member of next) tokens += count(member);
    else for (const name of Object.keys(next)) tokens += textTokens(name) + count(Reflect.get(next, name));
  }
  return tokens;
}
