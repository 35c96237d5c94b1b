import type { UnsureReason } from "../../contract/index.ts";
import type { Decided } from "./decided.ts";

/** Probability of an option that the server leaves out, or rounds to nothing. */
const UNSEEN = 1e-5;
/** Share of a choice without probabilities: the model chose, but does not say how sure it was. */
const UNMEASURED = 0.8;
/** Mass outside of the options above which the answer does not count. */
const OUTSIDE_LIMIT = 0.5;

interface ReadDecided {
  /** Log-weights in the order of the options. */
  readonly logits: readonly number[];
  readonly unsureReason?: UnsureReason;
}

/**
 * Turns what a model answered into log-weights of the options that were asked about. `refused` when it would not say;
 * `outside_options` when most of it, or its choice, is none of them. The wires' own `confidence` means another thing on
 * each server and is not looked at. Null when the answer makes no sense: a negative probability, or nothing at all.
 */
export function readDecided(decided: Decided, options: readonly string[]): ReadDecided | null {
  const level = options.map(() => 0);
  if (decided.kind === "refusal") return { logits: level, unsureReason: "refused" };
  const { choice, probabilities, optionMass } = decided;
  if (probabilities === null || probabilities.size === 0) return choice === null ? null : chosen(choice, options);
  if ([...probabilities.values()].some((value) => !Number.isFinite(value) || value < 0)) return null;
  const total = [...probabilities.values()].reduce((sum, value) => sum + value, 0);
  const inside = options.reduce((sum, option) => sum + (probabilities.get(option) ?? 0), 0);
  if (total === 0) return null;
  const outside = 1 - (inside / total) * (optionMass ?? 1);
  if (outside > OUTSIDE_LIMIT) return { logits: level, unsureReason: "outside_options" };
  return { logits: options.map((option) => Math.log((probabilities.get(option) ?? 0) / inside + UNSEEN)) };
}

function chosen(choice: string, options: readonly string[]): ReadDecided {
  const index = options.indexOf(choice);
  if (index === -1) return { logits: options.map(() => 0), unsureReason: "outside_options" };
  const rest = (1 - UNMEASURED) / Math.max(1, options.length - 1);
  return { logits: options.map((_, at) => Math.log(at === index ? UNMEASURED : rest)) };
}
