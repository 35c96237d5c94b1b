import { createHash } from "node:crypto";
import type { DecideResponse, Policy } from "../contract/index.ts";
import type { DecideInput, Engine, Reads } from "../engines/engine.ts";
import { deadlineExceeded, ok, refuse } from "../errors.ts";
import type { Result } from "../errors.ts";
import { createAdmission } from "./admission.ts";
import { calibrate } from "./calibration.ts";
import type { Calibration } from "./calibration.ts";
import { IDENTITY } from "./calibration.ts";
import { createPolicySets } from "./policy-sets.ts";
import { untilAborted } from "./until-aborted.ts";

/** What an owner should know of an engine before choosing it. */
export interface Traits {
  readonly paid?: boolean;
  readonly preview?: boolean;
}

export interface ServingOptions {
  readonly traits?: Traits;
  readonly calibration?: Calibration | undefined;
  readonly concurrency: number;
  readonly queueLimit: number;
  /** Bound of what is kept about policy sets. */
  readonly policyCacheBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** An engine with its admission, its prepared policy sets and its calibration round it: what routes and tests call. */
export interface ServedEngine {
  readonly name: string;
  readonly version: string;
  readonly reads: Reads;
  readonly traits: Traits;
  /** Whether it depends on nothing but somebody else's servers. */
  readonly hosted: boolean;
  /** Absent when its probabilities are the model's own. */
  readonly calibration?: Calibration | undefined;
  /** The engines of a cascade; absent when it is none. */
  readonly members?: { readonly first: ServedEngine; readonly second: ServedEngine; readonly escalateBelow: number };
  readonly start: () => Promise<void>;
  readonly stop: () => void;
  readonly ready: () => boolean;
  readonly load: () => { readonly running: number; readonly waiting: number; readonly policyCacheBytes: number };
  /** Calibrated scores in published order, `other` last. */
  readonly decide: (policies: readonly Policy[], input: DecideInput) => Promise<Result<DecideResponse>>;
  /** Resolves to the policies' digest once they are prepared. */
  readonly prepare: (policies: readonly Policy[]) => Promise<Result<string>>;
  readonly similarity: (policies: readonly Policy[]) => Promise<Result<number[][]>>;
}

/** Serves one engine. A calibration other than the identity is part of the version: it changes the answers. */
export function serveEngine<Prepared>(engine: Engine<Prepared>, options: ServingOptions): ServedEngine {
  const { now, calibration = IDENTITY, traits = {} } = options;
  const admission = createAdmission(options);
  const sets = createPolicySets(engine, options.policyCacheBytes);
  const version = versionWith(engine.version, calibration);
  const notReady = () => refuse("not_ready", `The engine \`${engine.name}\` is not ready.`);

  return {
    name: engine.name,
    version,
    reads: engine.reads,
    traits,
    hosted: engine.hosted ?? false,
    calibration: options.calibration,
    start: engine.start,
    stop: engine.stop,
    ready: engine.ready,
    load: () => ({ running: admission.running(), waiting: admission.waiting(), policyCacheBytes: sets.bytes() }),

    decide: async (policies, input) => {
      if (!mayAsk(traits, engine.name, input)) {
        return refuse("engine_not_allowed", `The engine \`${engine.name}\` costs money and was not allowed.`);
      }
      if (!engine.ready()) return notReady();
      const arrived = now();
      const place = await admission.enter(input.isolation, input.signal, input.deadlineAt);
      if (!place.ok) return place;
      let answered = false;
      try {
        const admitted = now();
        const { prepared } = await sets.get(policies);
        const set = await untilAborted(
          prepared.then((value) => ({ value })),
          input.signal,
        );
        if (set === null) return deadlineExceeded();
        const preparedAt = now();
        const reading = await engine.decide(set.value, input);
        if (!reading.ok) return reading;
        answered = true;
        if (input.signal.aborted) return deadlineExceeded();
        const { logits, unsureReason, timings, tokens, shortlisted } = reading.value;
        const names = [...policies.map((policy) => policy.name), null];
        const scores = calibrate(logits, calibration).map((probability, index) => ({
          policy: names[index] ?? null,
          probability,
        }));
        return ok({
          scores,
          ...(unsureReason === undefined ? {} : { unsureReason }),
          engine: `${engine.name}@${version}`,
          escalated: false,
          timings: {
            queue_ms: admitted - arrived,
            prepare_ms: preparedAt - admitted,
            ...timings,
            total_ms: now() - arrived,
          },
          ...(tokens === undefined ? {} : { tokens }),
          ...(shortlisted === undefined ? {} : { shortlisted }),
        });
      } finally {
        place.value(answered);
      }
    },

    prepare: async (policies) => {
      if (!engine.ready()) return notReady();
      const { digest, prepared } = await sets.get(policies);
      await prepared;
      return ok(digest);
    },

    similarity: async (policies) => {
      if (engine.similarity === undefined) {
        return refuse("invalid_request", `The engine \`${engine.name}\` has no vectors.`, { param: "engine" });
      }
      if (!engine.ready()) return notReady();
      const { prepared } = await sets.get(policies);
      return ok(engine.similarity(await prepared));
    },
  };
}

/** Whether an engine may be asked: one that costs money needs leave for this decision. */
export function mayAsk({ paid = false }: Traits, name: string, { paidEngines = [] }: DecideInput): boolean {
  return !paid || paidEngines.includes(name);
}

function versionWith(version: string, calibration: Calibration): string {
  const { temperature, otherBias } = calibration;
  if (temperature === IDENTITY.temperature && otherBias === IDENTITY.otherBias) return version;
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([temperature, otherBias]))
    .digest("hex");
  return `${version}-cal.${fingerprint.slice(0, 8)}`;
}
