/** Hex digits of a conversation's key that say where it lies: 32 bits. */
const DIGITS = 8;

/** Whether a conversation is among the percent that are kept: all of its requests are, or none. */
export const isSampled = (conversationKey: string, percent: number): boolean =>
  Number.parseInt(conversationKey.slice(0, DIGITS), 16) < (percent / 100) * 16 ** DIGITS;
