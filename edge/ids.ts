import { decodeTime, ulid } from "ulid";

/** The one table of id prefixes. An id is a name, never an authority. */
export const ID_PREFIXES = {
  tenant: "ten",
  key: "key",
  provider: "prv",
  model: "mdl",
  router: "rtr",
  draft: "drf",
  version: "ver",
  rollout: "rol",
  golden_case: "gld",
  evaluation: "evl",
  decision: "dec",
  feedback: "fbk",
  feedback_source: "fbs",
  feedback_secret: "fsc",
  audit: "aud",
  request: "req",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** Time-ordered id such as `dec_01k…` (lower-case ULID). `random` gives numbers in 0..1 from a secure source. */
export function makeId(kind: IdKind, nowMs: number, random: () => number): string {
  return `${ID_PREFIXES[kind]}_${ulid(nowMs, random).toLowerCase()}`;
}

const ID_BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
/** End of the year 9999: later instants have no date of the form that databases and APIs read. */
const LAST_INSTANT = Date.UTC(10_000, 0) - 1;

export function isId(kind: IdKind, value: string): boolean {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return value.startsWith(prefix) && ID_BODY.test(value.slice(prefix.length)) && idTime(value) <= LAST_INSTANT;
}

/** The instant (ms since the epoch) an id was made at; the id must have passed `isId`. */
export function idTime(id: string): number {
  return decodeTime(id.slice(id.indexOf("_") + 1).toUpperCase());
}
