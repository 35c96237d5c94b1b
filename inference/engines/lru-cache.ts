/** A map that forgets what was used longest ago once its entries cost more than `maxBytes` together. */
export interface LruCache<Value> {
  /** Marks the entry as used. */
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value, bytes: number) => void;
}

/** What a map entry costs beside what it holds. */
const OVERHEAD_BYTES = 300;

export function createLruCache<Value>(maxBytes: number): LruCache<Value> {
  const kept = new Map<string, { readonly value: Value; readonly bytes: number }>();
  let total = 0;
  return {
    get: (key) => {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      kept.delete(key);
      kept.set(key, entry);
      return entry.value;
    },
    set: (key, value, bytes) => {
      total += bytes + OVERHEAD_BYTES - (kept.get(key)?.bytes ?? 0);
      kept.delete(key);
      kept.set(key, { value, bytes: bytes + OVERHEAD_BYTES });
      for (const [oldest, entry] of kept) {
        if (total <= maxBytes) break;
        kept.delete(oldest);
        total -= entry.bytes;
      }
    },
  };
}
