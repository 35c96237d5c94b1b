import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import type { EncodedSet } from "./encoded-set.ts";
import type { EncodedSegment } from "./segment-encoder.ts";
import { floats, loadSession } from "./session.ts";

/** Features that the match graph gives for a turn and a policy. */
export const PAIR_FEATURES = 5;
/** Which of them the head also sees of the turn before, and of the one before that. */
const OF_BEFORE = [0, 2, 3] as const;
const OF_BEFORE_THAT = [0, 3] as const;
const SIMILARITIES = PAIR_FEATURES + OF_BEFORE.length + OF_BEFORE_THAT.length;
/** How fast an earlier policy of the conversation is forgotten, a turn. */
const HISTORY_FADE = 0.7;

/** A user turn, encoded and compared with the policies: P × PAIR_FEATURES. */
export interface MatchedTurn {
  readonly segment: EncodedSegment;
  readonly pairs: Float32Array;
}

/** What the conversation so far says of each policy; probabilities are the model's own. */
export interface Running {
  /** P + 1 probabilities at the turn before, `other` last; zeros at the start. */
  readonly previous: readonly number[];
  /** P faded maxima of the turns before that. */
  readonly history: readonly number[];
}

export interface SetHead {
  readonly match: (segment: EncodedSegment, set: EncodedSet) => Promise<Float32Array>;
  /** Logits of the policies and, last, of `other`. */
  readonly decide: (
    set: EncodedSet,
    running: Running,
    turn: MatchedTurn,
    before: MatchedTurn | undefined,
    beforeThat: MatchedTurn | undefined,
  ) => Promise<Float32Array>;
}

/** Nothing has been decided yet. */
export const start = (count: number): Running => ({
  previous: new Array<number>(count + 1).fill(0),
  history: new Array<number>(count).fill(0),
});

/** The running state after a turn was decided with these logits. */
export function advance({ previous, history }: Running, logits: Float32Array): Running {
  const top = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    previous: weights.map((weight) => weight / total),
    history: history.map((value, index) => Math.max(HISTORY_FADE * value, previous[index] ?? 0)),
  };
}

/** Loads `match.onnx` and `head.onnx` from a model directory. */
export async function loadSetHead(directory: string): Promise<SetHead> {
  const matching = await loadSession(join(directory, "match.onnx"));
  const head = await loadSession(join(directory, "head.onnx"));
  return {
    match: async (segment, set) => {
      const { length } = segment;
      const output = await matching.run({
        tokens: new Tensor("float32", segment.tokens, [length, segment.tokens.length / length]),
        weights: vector(segment.weights),
        first: vector(segment.first),
        second: vector(segment.second),
        pooled_first: vector(segment.pooledFirst),
        pooled_second: vector(segment.pooledSecond),
        ...set.match,
      });
      return floats(output, "pairs");
    },
    decide: async (set, running, turn, before, beforeThat) => {
      const { segment } = turn;
      const none = new Float32Array(segment.pooledFirst.length);
      const last = before?.segment.pooledFirst ?? none;
      const carry = Float32Array.from({ length: 2 * set.count }, (_, index) =>
        index % 2 === 0 ? (running.previous[index / 2] ?? 0) : (running.history[(index - 1) / 2] ?? 0),
      );
      const scalars = Float32Array.of(
        running.previous[set.count] ?? 0,
        before === undefined ? 1 : 0,
        segment.second.includes(1) ? 0 : 1,
        dot(segment.pooledFirst, last),
        Math.log(set.count) / 3,
      );
      const output = await head.run({
        similarities: new Tensor("float32", similarities(set.count, turn, before, beforeThat), [
          set.count,
          SIMILARITIES,
        ]),
        carry: new Tensor("float32", carry, [set.count, 2]),
        scalars: vector(scalars),
        turn: vector(segment.pooledFirst),
        before: vector(last),
        assistant: vector(segment.pooledSecond),
        vectors: set.vectors,
      });
      return floats(output, "logits");
    },
  };
}

const vector = (data: Float32Array): Tensor => new Tensor("float32", data, [data.length]);

function similarities(
  count: number,
  turn: MatchedTurn,
  before: MatchedTurn | undefined,
  beforeThat: MatchedTurn | undefined,
): Float32Array {
  const out = new Float32Array(count * SIMILARITIES);
  for (let policy = 0; policy < count; policy += 1) {
    const from = policy * PAIR_FEATURES;
    out.set(
      [
        ...turn.pairs.subarray(from, from + PAIR_FEATURES),
        ...OF_BEFORE.map((feature) => before?.pairs[from + feature] ?? 0),
        ...OF_BEFORE_THAT.map((feature) => beforeThat?.pairs[from + feature] ?? 0),
      ],
      policy * SIMILARITIES,
    );
  }
  return out;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
