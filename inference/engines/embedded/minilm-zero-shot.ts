import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEmbeddedEngine } from "./embedded-engine.ts";
import type { EncodedPolicies } from "./encoded-policies.ts";
import { startEncoderThreads } from "./encoder-threads.ts";
import { createScorer, scorerWeightsSchema } from "./scorer.ts";
import type { Engine } from "../engine.ts";

const MODEL_DIRECTORY = new URL("../../models/minilm-zero-shot/", import.meta.url);

interface MinilmOptions {
  /** Threads that encode; each holds the model once. */
  readonly threads: number;
  readonly turnCacheBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** The embedded engine with the model that lies in this repository; its card says what it is and how good it is. */
export function createMinilmEngine(options: MinilmOptions): Engine<EncodedPolicies> {
  const { threads, ...rest } = options;
  const weights = scorerWeightsSchema.parse(
    JSON.parse(readFileSync(new URL("scorer.json", MODEL_DIRECTORY), "utf8")) as unknown,
  );
  return createEmbeddedEngine({
    ...rest,
    version: weights.version,
    load: async () => {
      const encoder = await startEncoderThreads(fileURLToPath(MODEL_DIRECTORY), threads);
      return { encoder, scorer: await createScorer(weights, encoder) };
    },
  });
}
