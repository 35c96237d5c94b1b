import { z } from "zod";
import type { EncodedPolicies } from "./encoded-policies.ts";
import type { Encoder, Encoding } from "./encoder.ts";
import { buildFeatures, POLICY_FEATURES, TURN_FEATURES } from "./features.ts";
import { createFeedForward, feedForwardSchema } from "./feed-forward.ts";
import { compare } from "./policy-similarities.ts";
import { readTurnSignals } from "./turn-signals.ts";
import { cosine } from "./vectors.ts";

/** A user turn's encodings: alone, and with the texts before it. */
export interface TurnVectors {
  readonly text: Encoding;
  readonly withReply: Float32Array;
  readonly withPrevious: Float32Array;
}

interface ScoredTurn {
  readonly text: string;
  readonly first: boolean;
  readonly vectors: TurnVectors;
}

/** Scores the turns of one conversation in order; each turn is read in the light of the ones before. */
interface Scoring {
  /** Log-odds up to a constant, one a policy in published order, then one for `other`. */
  readonly next: (turn: ScoredTurn) => number[];
}

export interface Scorer {
  readonly begin: (policies: EncodedPolicies) => Scoring;
}

export const scorerWeightsSchema = z.object({
  version: z.string(),
  policy: feedForwardSchema,
  other: feedForwardSchema,
});

const CLOSINGS = [
  "Thanks, that's all.",
  "Thank you, goodbye!",
  "Great, that is everything I needed.",
  "Perfect, thanks!",
  "No, that's it.",
];
const GREETINGS = ["Hi", "Hello there", "Hey, how are you?", "Good morning"];

/** A scorer from trained weights. The encoder is needed for the sentences that closings and greetings are known by. */
export async function createScorer(weights: z.infer<typeof scorerWeightsSchema>, encoder: Encoder): Promise<Scorer> {
  const scorePolicy = createFeedForward(weights.policy, POLICY_FEATURES + TURN_FEATURES);
  const scoreOther = createFeedForward(weights.other, TURN_FEATURES);
  const encodeAll = (texts: readonly string[]): Promise<Float32Array[]> =>
    Promise.all(texts.map(async (text) => (await encoder.encode(text)).pooled));
  const closings = await encodeAll(CLOSINGS);
  const greetings = await encodeAll(GREETINGS);
  const likest = (sentences: readonly Float32Array[], vector: Float32Array): number =>
    Math.max(...sentences.map((sentence) => cosine(sentence, vector)));

  return {
    begin: (policies) => {
      let policy: number | null = null;
      let afterOther = false;
      let previous: Float32Array | undefined;
      return {
        next: ({ text, first, vectors }) => {
          const { pooled } = vectors.text;
          const { policies: rows, turn } = buildFeatures(
            policies,
            compare(policies, vectors),
            {
              signals: readTurnSignals(text),
              first,
              likeClosing: likest(closings, pooled),
              likeGreeting: likest(greetings, pooled),
            },
            { policy, afterOther, topic: previous === undefined ? 0 : cosine(pooled, previous) },
          );
          const logits = [...rows.map((row) => scorePolicy([...row, ...turn])), scoreOther(turn)];
          const best = logits.indexOf(Math.max(...logits));
          afterOther = best === rows.length;
          if (!afterOther) policy = best;
          previous = pooled;
          return logits;
        },
      };
    },
  };
}
