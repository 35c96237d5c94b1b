import { cutMiddle } from "../contract/index.ts";
import type { Turn } from "../contract/index.ts";

/** Share of what the latest turn leaves that the opening turn may take: it says what the conversation is about. */
const OPENING_SHARE = 1 / 4;
/** A turn of which less than this could stay is left out. */
const WORTH_CUTTING = 48;
/** Texts are cut by characters; their tokens are not spread evenly, so a little less is kept than would be even. */
const MARGIN = 0.9;

/**
 * The conversation within `budget` tokens, trimmed from the middle: the latest turn always, then the opening one, then
 * the newest before the latest, the last of these cut in its middle. `cost` counts the tokens of each turn, in order.
 */
export function fitConversation(turns: readonly Turn[], cost: readonly number[], budget: number): readonly Turn[] {
  if (sum(cost) <= budget) return turns;
  const last = turns.length - 1;
  const [latest, latestCost] = [turns[last], cost[last] ?? 0];
  if (latest === undefined) return turns;
  if (latestCost >= budget) return [shortened(latest, latestCost, budget)];

  let left = budget - latestCost;
  const [opening, openingCost] = [turns[0], cost[0] ?? 0];
  const kept: Turn[] = [latest];
  const head: Turn[] = [];
  if (opening !== undefined && last > 0 && openingCost <= left * OPENING_SHARE) {
    head.push(opening);
    left -= openingCost;
  }
  for (let index = last - 1; index >= head.length; index -= 1) {
    const [turn, turnCost] = [turns[index], cost[index] ?? 0];
    if (turn === undefined) break;
    if (turnCost <= left) {
      kept.push(turn);
      left -= turnCost;
      continue;
    }
    if (left >= WORTH_CUTTING) kept.push(shortened(turn, turnCost, left));
    break;
  }
  return [...head, ...kept.reverse()];
}

function shortened({ role, content }: Turn, tokens: number, budget: number): Turn {
  const share = Math.max(0, Math.min(1, budget / Math.max(1, tokens)));
  return { role, content: cutMiddle(content, Math.max(16, Math.floor(content.length * share * MARGIN))) };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
