import type { Reading } from "../routing/decision.ts";
import type { StoredReading } from "./turns.ts";

/** A reading as it is kept: the same few bytes whether a router has two policies or two hundred. */
export function storedReading(read: Reading): StoredReading {
  if (!("scores" in read)) return { failed: read.source };
  const { scores, unsureReason, engine } = read;
  const top = Math.max(...scores.flatMap(({ policy, probability }) => (policy === null ? [] : [probability])));
  // Of equally probable policies the first published one wins.
  const best = scores.findIndex(({ policy, probability }) => policy !== null && probability === top);
  const kept = scores.filter(({ policy }, place) => policy === null || place === best);
  const left = scores.filter(({ policy }, place) => policy !== null && place !== best);
  const unlisted = left.reduce((sum, { probability }) => sum + probability, 0);
  return { scores: kept, unlisted, unsure_reason: unsureReason, engine };
}
