import { normaliseConversation } from "../contract/index.ts";
import type { TokenCounts } from "../contract/index.ts";
import type { ServedEngine } from "../decide/served-engine.ts";
import { choiceOf } from "./choice.ts";
import type { Answer, Question } from "./record.ts";

/** One token for all: the harness is one caller, so encodings of earlier turns are found again. */
export const EVALUATION_ISOLATION = "evaluation";

/**
 * Asks an engine what it would ask in service: for every user turn the conversation up to it, through the contract's
 * normalisation, preparation, calibration. The running policy is the engine's own. Throws when the engine refuses.
 */
export async function answer(engine: ServedEngine, question: Question, now: () => number): Promise<Answer> {
  const predictions: (string | null)[] = [];
  const confidences: number[] = [];
  const ms: number[] = [];
  const unsure: number[] = [];
  const tokens: TokenCounts[] = [];
  const policies = question.policies.map(({ name, description }) => ({ name, description }));
  for (const [index, turn] of question.turns.entries()) {
    if (turn.role !== "user") continue;
    const conversation = normaliseConversation(question.turns.slice(0, index + 1));
    const began = now();
    const signal = new AbortController().signal;
    const paidEngines = [engine.name];
    const asked = { conversation, isolation: EVALUATION_ISOLATION, signal, paidEngines };
    const decided = await engine.decide(policies, asked);
    ms.push(now() - began);
    if (!decided.ok) throw new Error(`${question.id}: ${decided.refusal.code}: ${decided.refusal.message}`);
    if (decided.value.unsureReason !== undefined) unsure.push(predictions.length);
    if (decided.value.tokens !== undefined) tokens.push(decided.value.tokens);
    predictions.push(choiceOf(decided.value));
    confidences.push(Math.max(...decided.value.scores.map(({ probability }) => probability)));
  }
  return {
    id: question.id,
    predictions,
    confidences,
    ...(unsure.length > 0 && { unsure }),
    ms,
    ...(tokens.length === ms.length && { tokens }),
  };
}
