interface Bounds<V> {
  /** The most that all entries together may weigh. An entry heavier than that is not kept at all. */
  readonly maxWeight: number;
  /** Weight of one entry; 1 each when absent. */
  readonly weigh?: (value: V) => number;
  /** Told of entries that were pushed out, not of deleted or replaced ones. */
  readonly onEvict?: (key: string, value: V) => void;
}

/** A map that forgets what was used longest ago when it gets too heavy. */
export class LruMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly weight: number }>();
  readonly #bounds: Bounds<V>;
  #weight = 0;

  constructor(bounds: Bounds<V>) {
    this.#bounds = bounds;
  }

  get weight(): number {
    return this.#weight;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The value, which thereby counts as just used. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** False when the entry alone is too heavy; the key then has no value. */
  set(key: string, value: V): boolean {
    this.delete(key);
    const weight = this.#bounds.weigh?.(value) ?? 1;
    if (weight > this.#bounds.maxWeight) return false;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    this.#shrink();
    return true;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  #shrink(): void {
    for (const [key, { value }] of this.#entries) {
      if (this.#weight <= this.#bounds.maxWeight) return;
      this.delete(key);
      this.#bounds.onEvict?.(key, value);
    }
  }
}
