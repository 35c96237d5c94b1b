const SEPARATORS = /[,;:.()\n]|\s[-–—]\s/;
const EXCLUSION = /^(?:not|never|except|excluding|no)\b/i;
const SHORTEST_PHRASE = 3;
const MAX_PHRASES = 12;

/** The parts of a description that say what a policy is for; "not for …" says what it is not for and is left out. */
export function phrasesOf(description: string): string[] {
  return description
    .split(SEPARATORS)
    .map((part) => part.trim())
    .filter((part) => part.length >= SHORTEST_PHRASE && !EXCLUSION.test(part))
    .slice(0, MAX_PHRASES);
}

const CATCH_ALL =
  /\b(?:any|all|every|anything|everything)\b[^.;:]{0,20}\b(?:other|else)\b|\bother (?:questions?|matters?|requests?|issues?|topics?|work)\b|\bgeneral\b|\bnot covered\b|\bmiscellaneous\b/i;

/** Whether a policy takes what its siblings leave: the domain-level policies of a router usually say so. */
export function isCatchAll(description: string): boolean {
  return CATCH_ALL.test(description);
}
