import type { Policy, TokenCounts, Turn, UnsureReason } from "../contract/index.ts";
import type { Result } from "../errors.ts";

/** The policies of one router version; `digest` is their `policyDigest`. */
export interface PolicySet {
  readonly policies: readonly Policy[];
  readonly digest: string;
}

export interface DecideInput {
  /** Normalised; the last turn is the user's. */
  readonly conversation: readonly Turn[];
  /** Opaque per-tenant token; no cache may answer one token with what another one put in. */
  readonly isolation: string;
  /** Aborts when the deadline has passed or the caller has gone: work for it must stop. */
  readonly signal: AbortSignal;
  /** The moment of the deadline, in the service's own clock; absent when nothing hurries. */
  readonly deadlineAt?: number;
  /** Names of engines that cost money and that may be asked for this. */
  readonly paidEngines?: readonly string[] | undefined;
  /** Calibrated confidence (0..1) under which a cascade asks its bigger engine; absent or 0: the cascade's own. */
  readonly escalateBelow?: number | undefined;
  /** What the caller will add to the log-odds of `other`. */
  readonly otherBias?: number | undefined;
}

/** What an engine read out of its model, before calibration. */
export interface EngineReading {
  /** One number a policy in published order, then one for `other`; log-odds up to a constant. */
  readonly logits: readonly number[];
  readonly unsureReason?: UnsureReason;
  /** Milliseconds, by part. */
  readonly timings: Readonly<Record<string, number>>;
  readonly tokens?: Readonly<TokenCounts>;
  /** How many policies were asked about, when that was not all of them. */
  readonly shortlisted?: number;
}

/** How much of a policy set an engine reads, in tokens; what is absent has no bound. */
export interface Reads {
  /** Of each policy's text. */
  readonly policyTokens?: number;
  /** Of all policies together. */
  readonly promptTokens?: number;
}

/**
 * A router model. `decide` is a pure function of (policies, conversation): whatever it keeps between calls only
 * makes it faster. `Prepared` is everything costly about a policy set; nothing outside the engine looks into it.
 */
export interface Engine<Prepared> {
  readonly name: string;
  /** Changes whenever the same input could get another answer. */
  readonly version: string;
  readonly reads: Reads;
  /** Whether its servers are somebody else's, who alone can bring them back; absent: they are not. */
  readonly hosted?: boolean;
  /** Loads or reaches the model. Rejects only when it can never work; a server that is still starting is waited for. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
  readonly ready: () => boolean;
  readonly prepare: (set: PolicySet) => Promise<Prepared>;
  /** Bytes that keeping `prepared` costs. */
  readonly bytesOf: (prepared: Prepared) => number;
  readonly decide: (prepared: Prepared, input: DecideInput) => Promise<Result<EngineReading>>;
  /** Cosine similarity of the policies' texts by index, -1..1; absent when the engine has no vectors. */
  readonly similarity?: (prepared: Prepared) => number[][];
}
