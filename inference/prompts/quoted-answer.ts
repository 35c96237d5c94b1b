import type { PromptFormat } from "./formats.ts";

/** Answers that are a JSON object of one field, which `prefix` opens; `other` where no policy fits. */
export function quotedAnswer(
  prefix: string,
  escape: (json: string) => string,
): Pick<PromptFormat, "answerPrefix" | "answer"> {
  return {
    answerPrefix: prefix,
    answer: (name) => {
      const text = escape(JSON.stringify(name ?? "other")).slice(1, -1);
      return { text, closed: `${text}"`, spellings: [`${prefix}${text}"}`] };
    },
  };
}
