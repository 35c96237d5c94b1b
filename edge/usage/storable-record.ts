import type { DecisionRecord } from "./decision-record.ts";

/** Characters of any one text; the longest a client can choose, a model's name, is below. */
const MAX_TEXT = 512;
/** With the bound on texts, what keeps a record under a queue's 128 KB, however many policies a router has. */
const MAX_ALTERNATIVES = 50;

/**
 * The record as PostgreSQL and a queue accept it. Clients and providers choose some of its texts: a NUL or half a
 * surrogate pair must cost a tenant at most that character, and never the batch it travels in.
 */
export function storableRecord(record: DecisionRecord): DecisionRecord {
  const values = Object.entries(record).map(([name, value]) => [name, typeof value === "string" ? text(value) : value]);
  const alternatives = mostProbable(record.alternatives).map(({ policy, probability }) => ({
    policy: policy === null ? null : text(policy),
    probability,
  }));
  return { ...(Object.fromEntries(values) as DecisionRecord), alternatives };
}

/** In published order, unless there are too many: then the most probable ones first. */
function mostProbable(alternatives: DecisionRecord["alternatives"]): DecisionRecord["alternatives"] {
  if (alternatives.length <= MAX_ALTERNATIVES) return alternatives;
  return alternatives.toSorted((a, b) => b.probability - a.probability).slice(0, MAX_ALTERNATIVES);
}

const text = (value: string): string => value.slice(0, MAX_TEXT).toWellFormed().replaceAll("\u0000", "\ufffd");
