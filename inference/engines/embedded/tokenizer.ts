import { Tokenizer } from "@huggingface/tokenizers";

/** Characters looked at; enough for more tokens than the encoder takes, so long pastes cost no time. */
const CHARACTERS = 4_000;

/** Text to token ids, `[CLS]` and `[SEP]` included. */
export type Tokenize = (text: string) => number[];

/**
 * WordPiece tokenization as `tokenizer.json` says. Texts longer than `maxTokens` keep their beginning and their end:
 * an intent often stands after a long paste.
 */
export function createTokenizer(definition: object, maxTokens: number): Tokenize {
  const tokenizer = new Tokenizer(definition, {});
  return (text) => {
    const { ids } = tokenizer.encode(cutMiddle(text.toWellFormed(), CHARACTERS));
    if (ids.length <= maxTokens) return ids;
    const head = Math.ceil(maxTokens / 2);
    return [...ids.slice(0, head), ...ids.slice(ids.length - (maxTokens - head))];
  };
}

function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit / 2)} ${text.slice(-limit / 2)}`.toWellFormed();
}
