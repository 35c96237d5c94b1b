import { normaliseConversation, type ChatMessage, type Turn } from "../../inference/contract/index.ts";

export type RoutableTurns = readonly Turn[];

/** The conversation a router model is shown, up to the latest user turn; null when there is no user turn to route. */
export function routableTurns(messages: readonly ChatMessage[]): RoutableTurns | null {
  const turns = normaliseConversation(messages);
  return turns.length === 0 ? null : turns;
}
