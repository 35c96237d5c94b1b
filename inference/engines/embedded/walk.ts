import { createHash } from "node:crypto";
import type { EncodedSet } from "./encoded-set.ts";
import { createLruCache } from "../lru-cache.ts";
import type { EncodedSegment } from "./segment-encoder.ts";
import { advance, start } from "./set-head.ts";
import type { MatchedTurn, Running, SetHead } from "./set-head.ts";
import type { UserTurn } from "./user-turns.ts";

/** Where a conversation stands after one of its user turns was decided. */
interface Position extends Decided {
  readonly running: Running;
  readonly turn: MatchedTurn;
  readonly before: MatchedTurn | undefined;
}

interface WalkOptions {
  readonly head: SetHead;
  readonly encode: (turn: UserTurn) => Promise<EncodedSegment>;
  /** Bound of all that is kept, half for encodings of turns and half for positions in conversations. */
  readonly cacheBytes: number;
}

export interface Decided {
  readonly logits: Float32Array;
  /** Logits of the turn before; undefined for the first one. */
  readonly previous: Float32Array | undefined;
}

export interface Walk {
  /** What the last of `turns` came to; null when `signal` aborted on the way. At least one turn. */
  readonly decide: (
    set: EncodedSet,
    turns: readonly UserTurn[],
    isolation: string,
    signal: AbortSignal,
  ) => Promise<Decided | null>;
}

/**
 * Decides conversations turn by turn. What it keeps between calls (encodings of turns; positions that conversations
 * have reached under a policy set) only saves work. Keys begin with the isolation token, so that no tenant can measure
 * what another one has asked.
 */
export function createWalk({ head, encode, cacheBytes }: WalkOptions): Walk {
  const encodings = createLruCache<EncodedSegment>(cacheBytes / 2);
  const positions = createLruCache<Position>(cacheBytes / 2);

  const encoded = async (turn: UserTurn, isolation: string): Promise<EncodedSegment> => {
    const key = hash(isolation, turn.text, turn.assistant);
    const known = encodings.get(key);
    if (known !== undefined) return known;
    const segment = await encode(turn);
    encodings.set(key, segment, bytesOfSegment(segment));
    return segment;
  };

  return {
    decide: async (set, turns, isolation, signal) => {
      const keys = chain(hash(isolation, set.digest), turns);
      let next = keys.findLastIndex((key) => positions.get(key) !== undefined) + 1;
      let position = next === 0 ? undefined : positions.get(keys[next - 1] ?? "");
      for (; next < turns.length; next += 1) {
        if (signal.aborted) return null;
        const turn = turns[next];
        if (turn === undefined) break;
        const segment = await encoded(turn, isolation);
        const matched = { segment, pairs: await head.match(segment, set) };
        const running = position === undefined ? start(set.count) : advance(position.running, position.logits);
        const logits = await head.decide(set, running, matched, position?.turn, position?.before);
        position = { running, logits, previous: position?.logits, turn: matched, before: position?.turn };
        positions.set(keys[next] ?? "", position, bytesOfPosition(position));
      }
      return position ?? null;
    },
  };
}

/** One key a turn, each made of the one before and the turn's texts. */
function chain(seed: string, turns: readonly UserTurn[]): string[] {
  let key = seed;
  return turns.map(({ text, assistant }) => (key = hash(key, text, assistant)));
}

const hash = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64");

function bytesOfSegment({ tokens, weights, first, second, pooledFirst, pooledSecond, vector }: EncodedSegment): number {
  return [tokens, weights, first, second, pooledFirst, pooledSecond, vector].reduce((sum, x) => sum + x.byteLength, 0);
}

/** Segments are counted once for each position, though positions and encodings share them. */
function bytesOfPosition({ running, logits, turn }: Position): number {
  return 8 * (running.previous.length + running.history.length) + logits.byteLength + bytesOfSegment(turn.segment);
}
