import type { PromptFormat } from "./formats.ts";

const PREFIX = '{"route": "';

/** Answers of the form `{"route": "name"}`, with `other` where no policy fits. */
export function quotedAnswer(escape: (json: string) => string): Pick<PromptFormat, "answerPrefix" | "answer"> {
  return {
    answerPrefix: PREFIX,
    answer: (name) => {
      const text = escape(JSON.stringify(name ?? "other")).slice(1, -1);
      return { text, closed: `${text}"`, spellings: [`${PREFIX}${text}"}`] };
    },
  };
}
