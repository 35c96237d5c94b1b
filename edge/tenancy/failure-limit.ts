import { LruMap } from "../lru-map.ts";

interface Rate {
  /** Failures that may come at once. */
  readonly burst: number;
  /** Failures per second that may go on. */
  readonly perSecond: number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Addresses remembered; beyond, the longest quiet ones are forgotten, that is, forgiven. */
const MAX_ADDRESSES = 20_000;

/** A token bucket per client address, in this isolate. Time is an argument, in milliseconds. */
export class FailureLimit {
  readonly #buckets = new LruMap<Bucket>({ maxWeight: MAX_ADDRESSES });
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one failure off the address's allowance. Null when there was one, else the seconds until there will be. */
  take(address: string, now: number): number | null {
    const key = network(address);
    const tokens = this.#tokens(key, now);
    if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / this.#rate.perSecond));
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
    return null;
  }

  /** Gives back what was taken for something that turned out to be no failure. */
  giveBack(address: string, now: number): void {
    const key = network(address);
    this.#buckets.set(key, { tokens: Math.min(this.#rate.burst, this.#tokens(key, now) + 1), at: now });
  }

  #tokens(key: string, now: number): number {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
  }
}

/** One subscriber commonly holds a whole IPv6 /64: the first four groups stand for it. IPv4 stands for itself. */
function network(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const filled = tail === undefined ? groups : [...groups, ...Array<string>(8).fill("0")];
  return filled
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":");
}
