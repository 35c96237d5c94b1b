import { deadlineExceeded, ok } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { walk } from "./conversation-walk.ts";
import { encodePolicies } from "./encoded-policies.ts";
import type { EncodedPolicies } from "./encoded-policies.ts";
import type { EncoderThreads } from "./encoder-threads.ts";
import type { Scorer } from "./scorer.ts";
import { createTurnEncodings } from "./turn-encodings.ts";
import { cosine } from "./vectors.ts";

interface EmbeddedEngineOptions {
  /** Version of encoder and scorer together. */
  readonly version: string;
  /** Loads the model; a rejection means it can never work. */
  readonly load: () => Promise<{ readonly encoder: EncoderThreads; readonly scorer: Scorer }>;
  readonly turnCacheBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * The engine that needs no other machine: a sentence encoder on this process's CPU and a scorer over its vectors. The
 * running policy of a conversation is found by deciding its earlier user turns first, in order; nothing is remembered
 * from one call to the next but encodings.
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): Engine<EncodedPolicies> {
  const { now } = options;
  let loaded: { encoder: EncoderThreads; scorer: Scorer; turns: ReturnType<typeof createTurnEncodings> } | undefined;
  const model = () => {
    if (loaded === undefined) throw new Error("the embedded engine was used before it was started");
    return loaded;
  };

  return {
    name: "embedded",
    version: options.version,
    start: async () => {
      const { encoder, scorer } = await options.load();
      await encoder.encode("warm up");
      loaded = { encoder, scorer, turns: createTurnEncodings(encoder, options.turnCacheBytes) };
    },
    stop: () => {
      loaded?.encoder.stop();
      loaded = undefined;
    },
    ready: () => loaded?.encoder.alive() ?? false,

    prepare: ({ policies }) => encodePolicies(policies, model().encoder),
    bytesOf: (prepared) => prepared.bytes,

    decide: async (prepared, { conversation, isolation, signal }) => {
      const { scorer, turns } = model();
      const started = now();
      const scoring = scorer.begin(prepared);
      let scoreMs = 0;
      let logits: readonly number[] = [];
      for (const turn of walk(conversation)) {
        if (signal.aborted) return deadlineExceeded();
        const text = await turns.encode(turn.text, isolation);
        const [withReply, withPrevious] = await Promise.all([
          turns.encodePooled(turn.withReply, isolation),
          turns.encodePooled(turn.withPrevious, isolation),
        ]);
        const encoded = now();
        logits = scoring.next({ ...turn, vectors: { text, withReply, withPrevious } });
        scoreMs += now() - encoded;
      }
      return ok({ logits, timings: { encode_ms: now() - started - scoreMs, score_ms: scoreMs } });
    },

    similarity: ({ policies }) => policies.map((a) => policies.map((b) => (a === b ? 1 : cosine(a.whole, b.whole)))),
  };
}
