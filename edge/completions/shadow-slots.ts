/** What of an isolate copies of requests may take at once, and what one tenant's may: no tenant's crowd out another's. */
const MAX = { copies: 16, characters: 8_000_000 };
const MAX_OF_TENANT = { copies: 8, characters: 4_000_000 };

interface Slot {
  readonly tenantId: string;
  readonly characters: number;
  readonly until: number;
}

/** Counts the copies of requests under way in an isolate. Times are arguments, in milliseconds. */
export class ShadowSlots {
  readonly #taken = new Set<Slot>();

  /** Gives the place back when it is called; null when there is none for a copy of so many characters. */
  take(now: number, { tenantId, characters, lifetimeMs }: Taking): (() => void) | null {
    // A request whose context was torn down never gives its place back.
    for (const slot of this.#taken) if (slot.until <= now) this.#taken.delete(slot);
    const all = [...this.#taken];
    const own = all.filter((slot) => slot.tenantId === tenantId);
    if (!fits(all, characters, MAX) || !fits(own, characters, MAX_OF_TENANT)) return null;
    const slot = { tenantId, characters, until: now + lifetimeMs };
    this.#taken.add(slot);
    return () => void this.#taken.delete(slot);
  }
}

interface Taking {
  readonly tenantId: string;
  readonly characters: number;
  /** How long the copy lives at most. */
  readonly lifetimeMs: number;
}

const fits = (slots: readonly Slot[], characters: number, most: typeof MAX): boolean =>
  slots.length < most.copies && slots.reduce((sum, slot) => sum + slot.characters, characters) <= most.characters;
