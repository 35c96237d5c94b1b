import { pointer } from "../http/validation-hook.ts";

export type Difference = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

/**
 * What changed between two JSON values, by JSON pointer of the smallest differing parts; null stands for absent.
 * `difference({}, created)` lists every field of something new.
 */
export function difference(before: unknown, after: unknown): Difference {
  const changes: Record<string, { from: unknown; to: unknown }> = {};
  compare(before, after, [], changes);
  return changes;
}

function compare(
  before: unknown,
  after: unknown,
  path: readonly string[],
  changes: Record<string, { from: unknown; to: unknown }>,
): void {
  if (Object.is(before, after)) return;
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) compare(member(before, key), member(after, key), [...path, key], changes);
  } else changes[pointer(path)] = { from: before ?? null, to: after ?? null };
}

type Branch = Readonly<Record<string, unknown>> | readonly unknown[];

function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null;
}

function member(branch: Branch, key: string): unknown {
  return Object.getOwnPropertyDescriptor(branch, key)?.value ?? null;
}
