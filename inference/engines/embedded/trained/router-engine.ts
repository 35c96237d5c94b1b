import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deadlineExceeded, ok } from "../../../errors.ts";
import type { Engine } from "../../engine.ts";
import { createTokenizer } from "../tokenizer.ts";
import type { Tokenize } from "../tokenizer.ts";
import { cosine } from "../vectors.ts";
import { confident, parseConfidence } from "./confidence.ts";
import type { ConfidenceModel } from "./confidence.ts";
import { encodeSet } from "./encoded-set.ts";
import type { EncodedSet } from "./encoded-set.ts";
import { loadSegmentEncoder } from "./segment-encoder.ts";
import type { SegmentEncoder } from "./segment-encoder.ts";
import { turnSegment } from "./segment.ts";
import { loadSetHead } from "./set-head.ts";
import { userTurns } from "./user-turns.ts";
import { createWalk } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** Cuts are made on segments, whose parts have bounds of their own. */
const UNCUT = 1_000_000;

interface RouterEngineOptions {
  /** Folder with the graphs, tokenizer.json and confidence.json. */
  readonly directory: string;
  readonly version: string;
  readonly turnCacheBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Loaded {
  readonly tokenize: Tokenize;
  readonly encoder: SegmentEncoder;
  readonly walk: Walk;
  readonly confidence: ConfidenceModel;
}

/**
 * The router model this project trains, on this process's CPU: turns and policies encoded apart, compared token by
 * token, then judged as a set. The running policy of a conversation is found by deciding its earlier user turns first,
 * in order, on the model's own answers.
 */
export function createRouterEngine(options: RouterEngineOptions): Engine<EncodedSet> {
  const { now } = options;
  let loaded: Loaded | undefined;
  const model = (): Loaded => {
    if (loaded === undefined) throw new Error("the embedded engine was used before it was started");
    return loaded;
  };

  return {
    name: "embedded",
    version: options.version,
    start: async () => {
      loaded = await load(options);
    },
    stop: () => {
      loaded = undefined;
    },
    ready: () => loaded !== undefined,

    prepare: (set) => encodeSet(set, model().tokenize, model().encoder),
    bytesOf: (prepared) => prepared.bytes,

    decide: async (set, { conversation, isolation, signal }) => {
      const { walk, confidence } = model();
      const started = now();
      const decided = await walk.decide(set, userTurns(conversation), isolation, signal);
      if (decided === null) return deadlineExceeded();
      const logits = confident(decided.logits, decided.previous, confidence);
      return ok({ logits, timings: { decide_ms: now() - started } });
    },

    similarity: ({ pooled }) => pooled.map((a) => pooled.map((b) => (a === b ? 1 : cosine(a, b)))),
  };
}

async function load({ directory, turnCacheBytes }: RouterEngineOptions): Promise<Loaded> {
  const readJson = async (name: string) => JSON.parse(await readFile(join(directory, name), "utf8")) as object;
  const tokenize = createTokenizer(await readJson("tokenizer.json"), UNCUT);
  const [encoder, head] = await Promise.all([loadSegmentEncoder(directory), loadSetHead(directory)]);
  await encoder.encode(turnSegment(tokenize, "warm up", "warm up"));
  const walk = createWalk({
    head,
    encode: ({ text, assistant }) => encoder.encode(turnSegment(tokenize, text, assistant)),
    cacheBytes: turnCacheBytes,
  });
  return { tokenize, encoder, walk, confidence: parseConfidence(await readJson("confidence.json")) };
}
