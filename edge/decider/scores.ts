import {
  decideErrorSchema,
  decideResponseSchema,
  type DecideResponse,
  type Policy,
  type Score,
  type UnsureReason,
} from "../../inference/contract/index.ts";
import type { Deciding, RoutingTokens } from "../routing/decision.ts";

/** Probabilities of an answer are rounded on the way; this much they may miss 1 by. */
const SUM_TOLERANCE = 0.01;

/** A decision in the form it is remembered: probabilities of the policies in published order, `other` last. */
export interface Distribution {
  readonly probabilities: Float64Array;
  readonly unsureReason: UnsureReason | null;
  /** `name@version`. */
  readonly engine: string;
  /** Absent when the engine simply read the turn. */
  readonly deciding?: Deciding;
}

/**
 * Reads an answer of the inference service about `policies`. Null when it does not fit the contract: an unknown or
 * repeated policy, probabilities that do not sum to 1, an engine without a version. Policies it leaves out have 0.
 */
export function readDistribution(answer: unknown, policies: readonly Policy[]): Distribution | null {
  const parsed = decideResponseSchema.safeParse(answer);
  if (!parsed.success) return null;
  const { scores, unsureReason = null, engine } = parsed.data;
  const deciding = readDeciding(parsed.data);
  const places = new Map<string | null, number>(policies.map(({ name }, index) => [name, index]));
  places.set(null, policies.length);
  const probabilities = new Float64Array(policies.length + 1);
  for (const { policy, probability } of scores) {
    const place = places.get(policy);
    if (place === undefined) return null;
    places.delete(policy);
    probabilities[place] = probability;
  }
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE || !engine.includes("@")) return null;
  return { probabilities, unsureReason, engine, ...(deciding !== null && { deciding }) };
}

function readDeciding({ decidedBy, escalated, agreed, shortlisted }: DecideResponse): Deciding | null {
  if (decidedBy === undefined && shortlisted === undefined) return null;
  return { decidedBy: decidedBy ?? null, escalated, agreed: agreed ?? null, shortlisted: shortlisted ?? null };
}

/** Whether a refusal of the inference service says that it speaks another version of the contract. */
export const refusesContract = (body: unknown): boolean =>
  decideErrorSchema.safeParse(body).data?.error.param === "contract";

/** What an answer of the inference service says each engine read and wrote that counts. */
export function readRoutingTokens(answer: unknown): readonly RoutingTokens[] {
  const { data } = decideResponseSchema.safeParse(answer);
  if (data === undefined) return [];
  const { engine, decidedBy = engine, tokens, tokensBefore } = data;
  return [
    ...(tokensBefore === undefined ? [] : [tokensBefore]),
    ...(tokens === undefined ? [] : [{ engine: decidedBy, tokens }]),
  ].map(({ engine: asked, tokens: { prompt, cached, completion } }) => ({
    engine: asked.split("@", 1)[0] ?? "",
    inputTokens: prompt,
    cachedInputTokens: cached,
    outputTokens: completion,
  }));
}

/** The distribution with its names, as everybody else reads it. */
export function toScores({ probabilities }: Distribution, policies: readonly Policy[]): Score[] {
  const names = [...policies.map(({ name }) => name), null];
  return names.map((policy, index) => ({ policy, probability: probabilities[index] ?? 0 }));
}
