import { createHash } from "node:crypto";
import type { DecideResponse, Policy, Score } from "../contract/index.ts";
import type { Deps } from "../deps.ts";
import type { DecideInput } from "../engines/engine.ts";
import { deadlineExceeded, ok, refuse } from "../errors.ts";
import type { Refused, Result } from "../errors.ts";
import { mayAsk } from "./served-engine.ts";
import type { ServedEngine } from "./served-engine.ts";
import { untilAborted } from "./until-aborted.ts";

/** Milliseconds before the deadline at which the bigger engine is given up, so that the first one's answer still goes out. */
const ANSWER_MARGIN_MS = 10;

export interface CascadeOptions extends Pick<Deps, "log" | "now" | "timeout"> {
  readonly name: string;
  /** Asked always, and in vain never: the embedded one. */
  readonly first: ServedEngine;
  /** Asked when the first one is not sure enough. */
  readonly second: ServedEngine;
  /** Confidence (0..1) under which the second one is asked when the router has no threshold of its own. */
  readonly escalateBelow: number;
}

/**
 * Two engines as one. What the first one is sure of stands; else the second one decides, while there is time. If it is
 * late, breaks, or gives no answer, the first one's stands and is marked `late`, so that nobody takes it for the better one.
 * Both have their own admission, policy sets and calibration; the thresholds compare calibrated confidences.
 */
export function createCascade(options: CascadeOptions): ServedEngine {
  const { name, first, second, escalateBelow, log, now, timeout } = options;
  const version = createHash("sha256")
    .update(JSON.stringify([nameOf(first), nameOf(second), escalateBelow]))
    .digest("hex")
    .slice(0, 12);
  const engine = `${name}@${version}`;

  /** A router that sets no threshold sends 0, under which nothing would ever be escalated. */
  const thresholdOf = ({ escalateBelow: wanted = 0 }: DecideInput): number => (wanted > 0 ? wanted : escalateBelow);

  const withinTime = (input: DecideInput): DecideInput | null => {
    if (input.deadlineAt === undefined) return input;
    const deadlineAt = input.deadlineAt - ANSWER_MARGIN_MS;
    const left = Math.floor(deadlineAt - now());
    return left < 1 ? null : { ...input, deadlineAt, signal: AbortSignal.any([input.signal, timeout(left)]) };
  };

  /** An engine that breaks counts as one that refuses, so that the other one's answer still goes out. */
  const answerOf = async (
    engine: ServedEngine,
    policies: readonly Policy[],
    input: DecideInput,
  ): Promise<Result<DecideResponse>> => {
    try {
      return await engine.decide(policies, input);
    } catch (error) {
      // Only the kind of the error is logged: its message could hold a caller's text.
      const kind = error instanceof Error ? error.name : typeof error;
      log("error", "engine_broken", { engine: engine.name, kind });
      return refuse("internal_error", `The engine \`${engine.name}\` failed.`);
    }
  };

  /** Not every engine looks at its signal while it works, so the time is kept here. */
  const answerInTime = async (policies: readonly Policy[], input: DecideInput): Promise<Result<DecideResponse>> =>
    (await untilAborted(answerOf(second, policies, input), input.signal)) ?? deadlineExceeded();

  return {
    name,
    version,
    reads: { ...second.reads, ...first.reads },
    traits: second.traits,
    hosted: first.hosted && second.hosted,
    members: { first, second, escalateBelow },
    // The engines are served under their own names too, and started there.
    start: () => Promise.resolve(),
    stop: () => undefined,
    ready: () => first.ready() || second.ready(),
    load: () => ({ running: 0, waiting: 0, policyCacheBytes: 0 }),

    decide: async (policies, input) => {
      const began = now();
      const quick = await answerOf(first, policies, input);
      const quickMs = now() - began;
      const stays = isSure(quick, thresholdOf(input), input.otherBias) || !mayAsk(second.traits, second.name, input);
      if (quick.ok && stays) {
        const timings = { first_ms: quickMs, total_ms: quickMs };
        return ok({ ...quick.value, engine, decidedBy: quick.value.engine, timings });
      }
      // Nobody is left to hear the second one, or it may not be asked.
      if (!quick.ok && (stays || input.signal.aborted)) return quick;
      const hurried = withinTime(input);
      const better = hurried === null ? null : await answerInTime(policies, hurried);
      const timings = { first_ms: quickMs, second_ms: now() - began - quickMs, total_ms: now() - began };
      if (better?.ok === true) {
        const agreed = quick.ok ? agreement(quick.value, better.value) : {};
        const spent = quick.ok ? tokensBefore(quick.value) : {};
        const decidedBy = better.value.engine;
        return ok({ ...better.value, engine, decidedBy, escalated: true, ...agreed, ...spent, timings });
      }
      if (!quick.ok) return better === null ? quick : lastWord(quick, better);
      const decidedBy = quick.value.engine;
      return ok({ ...quick.value, engine, decidedBy, escalated: true, unsureReason: "late", timings });
    },

    prepare: async (policies: readonly Policy[]): Promise<Result<string>> => {
      const [quick, better] = await Promise.all([first.prepare(policies), second.prepare(policies)]);
      return quick.ok ? quick : better;
    },

    similarity: first.similarity,
  };
}

const tokensBefore = ({ engine, tokens }: DecideResponse): Pick<DecideResponse, "tokensBefore"> =>
  tokens === undefined ? {} : { tokensBefore: { engine, tokens } };

/**
 * Which of two refusals is told. Requests were validated before: an engine calls one invalid when its own window is too
 * small for it, and that says less than why the other one, which might have had room, gave no answer.
 */
const lastWord = (quick: Refused, better: Refused): Refused =>
  better.refusal.code === "invalid_request" ? quick : better;

const nameOf = (engine: ServedEngine): string => `${engine.name}@${engine.version}`;

function isSure(quick: Result<DecideResponse>, threshold: number, otherBias = 0): boolean {
  if (!quick.ok) return false;
  const { scores, unsureReason } = quick.value;
  const weighed = scores.map(({ policy, probability }) => probability * (policy === null ? Math.exp(otherBias) : 1));
  const sum = weighed.reduce((total, one) => total + one, 0);
  return unsureReason === undefined && Math.max(...weighed) >= threshold * sum;
}

/** An unsure answer chooses nothing, however its probabilities lie, so it neither agrees nor disagrees. */
function agreement(quick: DecideResponse, better: DecideResponse): Pick<DecideResponse, "agreed"> {
  if (quick.unsureReason !== undefined || better.unsureReason !== undefined) return {};
  return { agreed: best(quick.scores) === best(better.scores) };
}

/** The most probable option; of equals the first published one. */
function best(scores: readonly Score[]): string | null {
  return scores.reduce((a, b) => (b.probability > a.probability ? b : a)).policy;
}
