import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { deadlineExceeded, ok } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { cosine } from "./cosine.ts";
import { confidenceSchema, confident } from "./confidence.ts";
import { encodeSet } from "./encoded-set.ts";
import type { EncodedSet } from "./encoded-set.ts";
import { POLICY_TOKENS } from "./segment.ts";
import { startSegmentThreads } from "./segment-threads.ts";
import type { SegmentThreads } from "./segment-threads.ts";
import { loadSetHead } from "./set-head.ts";
import { userTurns } from "./user-turns.ts";
import type { UserTurn } from "./user-turns.ts";
import { createWalk } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** The graphs, tokenizer.json and model.json that are shipped; their card says what the model is and how good it is. */
const SHIPPED = fileURLToPath(new URL("../../models/set-router/", import.meta.url));

interface RouterEngineOptions {
  readonly name: string;
  /** Folder of the model; absent: the shipped one. */
  readonly directory?: string | undefined;
  /** Threads that encode; each holds the model once. */
  readonly threads: number;
  readonly turnCacheBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** `version` is made of everything that the answers depend on. */
const modelSchema = z.object({ version: z.string().min(1), confidence: confidenceSchema });

interface Loaded {
  readonly encoder: SegmentThreads;
  readonly walk: Walk;
}

/**
 * The router model this project trains, on this process's CPU: turns and policies encoded apart, compared token by
 * token, then judged as a set. The running policy of a conversation is found by deciding its earlier user turns first,
 * in order, on the model's own answers.
 */
export function createRouterEngine(options: RouterEngineOptions): Engine<EncodedSet> {
  const { name, directory = SHIPPED, now } = options;
  const { version, confidence } = statedBy(name, directory);
  let loaded: Loaded | undefined;
  const model = (): Loaded => {
    if (loaded === undefined) throw new Error(`the engine ${name} was used before it was started`);
    return loaded;
  };

  return {
    name,
    version,
    reads: { policyTokens: POLICY_TOKENS },
    start: async () => {
      try {
        loaded = await load(directory, options);
      } catch (error) {
        throw new Error(`the engine ${name} cannot load its model`, { cause: error });
      }
    },
    stop: () => {
      loaded?.encoder.stop();
      loaded = undefined;
    },
    ready: () => loaded?.encoder.alive() ?? false,

    prepare: (set) => encodeSet(set, model().encoder.encode),
    bytesOf: (prepared) => prepared.bytes,

    decide: async (set, { conversation, isolation, signal }) => {
      const started = now();
      const decided = await model().walk.decide(set, userTurns(conversation), isolation, signal);
      if (decided === null) return deadlineExceeded();
      const logits = confident(decided.logits, decided.previous, confidence);
      return ok({ logits, timings: { decide_ms: now() - started } });
    },

    similarity: ({ pooled }) => pooled.map((a) => pooled.map((b) => (a === b ? 1 : cosine(a, b)))),
  };
}

/** What a model says of itself. Throws with the engine's name when there is no such model. */
function statedBy(name: string, directory: string): z.infer<typeof modelSchema> {
  try {
    return modelSchema.parse(JSON.parse(readFileSync(join(directory, "model.json"), "utf8")));
  } catch (error) {
    throw new Error(`the engine ${name} has no readable model.json in its directory`, { cause: error });
  }
}

async function load(directory: string, { threads, turnCacheBytes }: RouterEngineOptions): Promise<Loaded> {
  const [encoder, head] = await Promise.all([startSegmentThreads(directory, threads), loadSetHead(directory)]);
  const encode = (turn: UserTurn) => encoder.encode({ kind: "turn", ...turn });
  await encode({ text: "warm up", assistant: "warm up" });
  return { encoder, walk: createWalk({ head, encode, cacheBytes: turnCacheBytes }) };
}
