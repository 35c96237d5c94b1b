import type { Policy } from "../../contract/index.ts";
import type { PromptFormat } from "../../prompts/formats.ts";

/** What the model may answer, policies in published order and `other` last, as text inside a JSON string. */
export interface Options {
  readonly names: readonly string[];
  /** The same as UTF-8, one character a byte: tokens are compared byte by byte. */
  readonly bytes: readonly string[];
}

export function createOptions(policies: readonly Policy[], format: PromptFormat): Options {
  const names = [...policies.map((policy) => policy.name), format.otherName].map(insideString);
  return { names, bytes: names.map((name) => Buffer.from(name).toString("latin1")) };
}

/**
 * The option that a text names, or -1. The text may be the bare name, the name with the rest of the JSON object, the
 * whole object with either kind of quotes, or any of these in a code fence.
 */
export function findOption({ names }: Options, answer: string): number {
  const bare = answer.replace(/^\s*```[a-z]*\s*|\s*```\s*$/gi, "").trim();
  const whole = /["']route["']\s*:\s*(["'])(.*?)\1\s*[},]/s.exec(bare)?.[2];
  const rest = /^(.*?)["']\s*\}/s.exec(bare)?.[1];
  const quoted = /^(["'])(.*)\1$/s.exec(bare)?.[2];
  for (const candidate of [bare, whole, rest, quoted]) {
    if (candidate === undefined) continue;
    const index = names.indexOf(candidate);
    if (index !== -1) return index;
    const escaped = names.indexOf(insideString(candidate));
    if (escaped !== -1) return escaped;
  }
  return -1;
}

const insideString = (name: string): string => JSON.stringify(name).slice(1, -1);
