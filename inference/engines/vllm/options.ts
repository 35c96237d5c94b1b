import type { Policy } from "../../contract/index.ts";
import type { PromptFormat } from "../../prompts/formats.ts";

/** What the model may answer, policies in published order and `other` last. */
export interface Options {
  /** What follows the format's prefix: the choices of a constraint. */
  readonly texts: readonly string[];
  /** The same, and with what ends each, as UTF-8, one character a byte: tokens are compared byte by byte. */
  readonly bytes: readonly { readonly text: string; readonly closed: string }[];
  /** The whole answers that mean each option. */
  readonly spellings: readonly (readonly string[])[];
  readonly prefix: string;
}

export function createOptions(policies: readonly Policy[], format: PromptFormat): Options {
  const answers = [...policies.map((policy) => policy.name), null].map((name) => format.answer(name));
  return {
    texts: answers.map(({ text }) => text),
    bytes: answers.map(({ text, closed }) => ({ text: asBytes(text), closed: asBytes(closed) })),
    spellings: answers.map(({ spellings }) => spellings),
    prefix: format.answerPrefix,
  };
}

/**
 * The option that a text names, or -1. The text may be the option's own, the rest of the answer after the prefix, or
 * the whole answer with either kind of quotes, any of these in a code fence. The first of several routes counts.
 */
export function findOption({ texts, prefix }: Options, answer: string): number {
  const bare = answer.replace(/^\s*```[a-z]*\s*|\s*```\s*$/gi, "").trim();
  const exact = texts.indexOf(bare);
  if (exact !== -1) return exact;
  for (const whole of [bare, prefix + bare]) {
    if (/^\{\s*["']route["']\s*:\s*\[\s*\]/.test(whole)) return texts.length - 1;
    const [, quote = "", inside] = /["'](?:route|name)["']\s*:\s*\[?\s*(["'])(.*?)\1\s*[\]},]/s.exec(whole) ?? [];
    const index = inside === undefined ? -1 : findName(texts, inside, quote);
    if (index !== -1) return index;
  }
  const [, quote = "", inside] = /^(["'])(.*)\1$/s.exec(bare) ?? [];
  return inside === undefined ? -1 : findName(texts, inside, quote);
}

/** Texts are names inside a JSON string, with or without the quotes; a model may have left out the escapes. */
function findName(texts: readonly string[], inside: string, quote: string): number {
  const asJson = JSON.stringify(inside);
  for (const candidate of [inside, asJson.slice(1, -1), `"${inside}"`, asJson]) {
    const index = quote === "" ? -1 : texts.indexOf(candidate);
    if (index !== -1) return index;
  }
  return -1;
}

const asBytes = (text: string): string => Buffer.from(text).toString("latin1");
