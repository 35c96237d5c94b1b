import { LruMap } from "../lru-map.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import type { Distribution } from "./scores.ts";

const MAX_BYTES = 8 * 1024 * 1024;
/** Key, entry and bookkeeping of one remembered decision. */
const ENTRY_BYTES = 400;
/** Of one that says how it was come to. */
const DECIDING_BYTES = 100;
const BYTES_PER_PROBABILITY = 8;
/** Milliseconds a decision is remembered: a turn's tool calls are long done, and engines do change. */
const KEPT_MS = 15 * 60_000;

/** What an engine that escalates goes by. */
export type Escalation = Pick<RouterSettings, "min_confidence" | "other_bias">;

/**
 * Remembered decisions of an isolate, by memo key; times in milliseconds. A decision of an engine version that has
 * since been replaced is not given again; one of an engine that escalates, as its answers tell, only under the settings
 * that it escalated by.
 */
export class Memo {
  readonly #decisions: LruMap<{ readonly decided: Distribution; readonly at: number }>;
  /** The version each engine last answered as. */
  readonly #versions = new LruMap<string>({ maxWeight: 1_000 });

  constructor(maxBytes: number = MAX_BYTES) {
    this.#decisions = new LruMap({
      maxWeight: maxBytes,
      weigh: ({ decided: { probabilities, deciding } }) =>
        ENTRY_BYTES + (deciding === undefined ? 0 : DECIDING_BYTES) + probabilities.length * BYTES_PER_PROBABILITY,
    });
  }

  get(key: string, escalation: Escalation, now: number): Distribution | null {
    for (const place of [key, placeUnder(key, escalation)]) {
      const found = this.#decisions.get(place);
      if (found === undefined || now - found.at > KEPT_MS) continue;
      const { decided } = found;
      if (this.#versions.get(nameOf(decided.engine)) === decided.engine) return decided;
    }
    return null;
  }

  /** Remembers a decision, unless time ran short for it: then the next request deserves a better one. */
  set(key: string, escalation: Escalation, decided: Distribution, now: number): void {
    this.#versions.set(nameOf(decided.engine), decided.engine);
    if (decided.unsureReason === "late") return;
    const escalates = (decided.deciding?.decidedBy ?? null) !== null;
    this.#decisions.set(escalates ? placeUnder(key, escalation) : key, { decided, at: now });
  }
}

const placeUnder = (key: string, { min_confidence: below, other_bias: bias = 0 }: Escalation): string =>
  `${key}:${below}:${bias}`;

const nameOf = (engine: string): string => engine.slice(0, engine.lastIndexOf("@"));
