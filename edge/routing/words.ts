/** The words of a text, in lower case and without punctuation. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** None of them is a word of a neighbouring language. */
const ENGLISH = new Set(
  "and any are be been by can for from has have how if into is it its not of or other our than that the their them this to what when where which who whose with without".split(
    " ",
  ),
);
/** A fifth of running English is such words, and next to nothing of other languages. */
const SHARE = 0.06;

/** Whether texts, together, are in English; a few words say too little to doubt it. */
export function isEnglish(texts: readonly string[]): boolean {
  const words = texts.flatMap(wordsOf);
  return words.length < 20 || words.filter((word) => ENGLISH.has(word)).length >= words.length * SHARE;
}
