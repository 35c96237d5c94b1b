/** How many keys of `given`, at any depth, are not in `kept`, which is `given` after validation dropped them. */
export function countUnknownKeys(given: unknown, kept: unknown): number {
  if (Array.isArray(given)) {
    if (!Array.isArray(kept)) return 0;
    return given.reduce<number>((sum, item: unknown, index) => sum + countUnknownKeys(item, kept[index]), 0);
  }
  if (!isRecord(given) || !isRecord(kept)) return 0;
  return Object.entries(given).reduce(
    (sum, [key, value]) => sum + (Object.hasOwn(kept, key) ? countUnknownKeys(value, kept[key]) : 1),
    0,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
