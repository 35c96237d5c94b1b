/** What the words of a turn say about its place in the conversation, beside what they are about. */
export interface TurnSignals {
  readonly words: number;
  /** Words left once thanks, praise, goodbyes and the small words round them are taken out. */
  readonly remaining: number;
  /** Nothing but thanks, praise or goodbye: the task is complete and nothing new is asked. */
  readonly closing: boolean;
  readonly greeting: boolean;
  readonly praise: boolean;
  readonly thanks: boolean;
  readonly question: boolean;
  /** Begins as follow-ups do: "and …", "make it …", "why …". */
  readonly followUp: boolean;
}

const LETTER = String.raw`[\p{L}\p{N}_]`;
/** A word or phrase that no letter touches on either side. */
const phrase = (alternatives: string): string => `(?<!${LETTER})(?:${alternatives})(?!${LETTER})`;
const anywhere = (source: string): RegExp => new RegExp(source, "iu");
const everywhere = (source: string): RegExp => new RegExp(source, "giu");

const THANKS_SOURCE = `${phrase(
  "thanks?|thank you|thx|ty|cheers|much appreciated|gracias|merci|danke|obrigad[oa]|grazie|bedankt|dank je|" +
    "dziękuję|dzięki|teşekkürler|sağol|спасибо",
)}|谢谢|ありがとう|감사|شكرا|धन्यवाद`;

const GOODBYE_SOURCE = `${phrase(
  "that'?s (?:all|it|everything|enough)|that (?:is|will be) all|that'?ll be all|all set|all good|i'?m (?:good|done)|" +
    "nothing else|no more questions|bye|goodbye|good night|see you|see ya|have a (?:nice|good|great)|" +
    "talk (?:soon|later)|eso es todo|c'est tout|das (?:war|wär)'?s?|das war alles|é só isso|è tutto|dat is alles|" +
    "to wszystko|это всё|bu kadar",
)}|以上です|就这样`;

const PRAISE_WORD =
  `(?:perfect|great|awesome|excellent|nice|cool|brilliant|lovely|wonderful|super|got it|ok(?:ay)?|k|good|fine|` +
  `sounds good|looks good|works?(?: now)?|that works|wow|haha+|lol|amazing)(?!${LETTER})`;
const PRAISE_SOURCE = `^[^\\p{L}\\p{N}]*${PRAISE_WORD}(?:[^\\p{L}\\p{N}]+${PRAISE_WORD})*`;

const SMALL_WORDS = everywhere(
  phrase(
    String.raw`so much|a lot|very much|for (?:your|the|all) ${LETTER}*(?: ${LETTER}+)?|you|i|it|for (?:today|now|that)|` +
      "a ton|lots|again|much|very|really|great|perfect|ok|okay|no|yes|yeah|and|then|im|i'm|just|everything|all|day|" +
      "one|now|today|team|everyone|folks|guys|mate|that|works?|is|was|helpful|help|appreciate|appreciated|have|" +
      "good|nice|the|of|to|my|rest",
  ),
);

const THANKS = anywhere(THANKS_SOURCE);
const GOODBYE = anywhere(GOODBYE_SOURCE);
const PRAISE = anywhere(PRAISE_SOURCE);
const COURTESIES = [everywhere(PRAISE_SOURCE), everywhere(THANKS_SOURCE), everywhere(GOODBYE_SOURCE), SMALL_WORDS];

const GREETING = anywhere(
  String.raw`^[^\p{L}\p{N}]*(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day)|greetings|hola|` +
    "bonjour|salut|hallo|guten (?:tag|morgen|abend)|olá|oi|ciao|cześć|merhaba|привет|здравствуйте|你好|こんにちは|" +
    String.raw`안녕하세요)(?: there| all| team| everyone| folks| again)?[^\p{L}\p{N}]*$`,
);

const FOLLOW_UP = anywhere(
  `^[^\\p{L}\\p{N}]*(?:and|also|but|so|or|then|now|what about|how about|why|how so|really|again|more|another|same|` +
    "shorter|longer|simpler|make (?:it|that|them)|can you (?:make|do|also)|could you (?:make|also)|yes|yeah|yep|no|" +
    "nope|not|wait|actually|instead|try|just|only|without|with|for|in|on|at|the|ok|okay|please|which|that|this|it|" +
    `those|these|them|he|she|they)(?!${LETTER})`,
);

const WORD = everywhere(`${LETTER}+`);
/** Scripts that put no spaces between words: about two characters a word. */
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu;

/** Reads the signals of one user turn; English first, with the courtesies of other languages. */
export function readTurnSignals(text: string): TurnSignals {
  const words = countWords(text);
  const remaining = countWords(COURTESIES.reduce((rest, courtesy) => rest.replace(courtesy, " "), text));
  const goodbye = GOODBYE.test(text);
  const thanks = goodbye || THANKS.test(text);
  const praise = PRAISE.test(text);
  const question = /[?？]/u.test(text);
  const spare = goodbye ? 3 : thanks ? 1 : praise && words <= 6 ? 0 : -1;
  const closing = !question && remaining <= spare;
  return {
    words,
    remaining,
    closing,
    greeting: GREETING.test(text),
    praise,
    thanks,
    question,
    followUp: FOLLOW_UP.test(text),
  };
}

function countWords(text: string): number {
  const spaced = text.match(WORD)?.length ?? 0;
  const unspaced = text.match(UNSPACED)?.length ?? 0;
  return Math.max(spaced, Math.floor(unspaced / 2));
}
