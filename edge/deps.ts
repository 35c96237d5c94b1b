import { ShadowSlots } from "./completions/shadow-slots.ts";
import { createDatabases, type Databases } from "./db/client.ts";
import { createDecider, type Decider } from "./decider/decider.ts";
import { ConfigurationError, parseEnv, type Env } from "./env.ts";
import { makeId, type IdKind } from "./ids.ts";
import { logToConsole, type Log } from "./log.ts";
import { sleep, type Sleep } from "./sleep.ts";
import { createAuthLimits, type AuthLimits } from "./tenancy/auth-limits.ts";
import { KeyUse } from "./tenancy/key-use.ts";
import { SnapshotCache } from "./tenancy/snapshot-cache.ts";
import type { Network } from "./upstream/adapter.ts";
import type { Dial } from "./upstream/connecting.ts";
import type { UsageSink } from "./usage/decision-record.ts";
import { QueueSink } from "./usage/queue-sink.ts";
import { SpoolSink } from "./usage/spool-sink.ts";

/** Everything the outside world gives this Worker. Made once an isolate; the only way to reach clock, network, ids. */
export interface Deps {
  readonly env: Env;
  readonly fetch: typeof fetch;
  /** What providers are called through. */
  readonly fetchUpstream: Network;
  /** Tries a connection to a provider, by the same network. */
  readonly dial: Dial;
  /** Milliseconds since the epoch. Stands still during CPU work on Workers. */
  readonly now: () => number;
  /** Secure random number in 0..1. */
  readonly random: () => number;
  readonly sleep: Sleep;
  readonly newId: (kind: IdKind) => string;
  readonly log: Log;
  readonly db: Databases;
  readonly snapshots: SnapshotCache;
  readonly authLimits: AuthLimits;
  readonly keyUse: KeyUse;
  readonly decider: Decider;
  readonly usage: UsageSink;
  readonly shadowSlots: ShadowSlots;
}

/** What bindings do not say: the network, the clock and chance. */
type World = Pick<Deps, "fetch" | "now" | "random">;

const WORLD: World = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  random: secureRandom,
};

const made = new WeakMap<object, Deps>();

/** The deps of an isolate, made once per set of bindings. Throws a ConfigurationError when those are not valid. */
export function depsOf(bindings: Readonly<Record<string, unknown>>): Deps {
  const known = made.get(bindings);
  if (known !== undefined) return known;
  const deps = createDeps(bindings);
  made.set(bindings, deps);
  return deps;
}

/** Deps for these bindings, in the real world unless in another one. Throws as `depsOf`. */
export function createDeps(bindings: Readonly<Record<string, unknown>>, world: World = WORLD): Deps {
  const env = parseEnv(bindings);
  const log = logToConsole;
  const { fetch: outbound, now, random } = world;
  const db = createDatabases(env);
  return {
    env,
    fetch: outbound,
    fetchUpstream: upstreamNetwork(env) ?? outbound,
    dial: upstreamDial(env),
    now,
    random,
    sleep,
    newId: (kind) => makeId(kind, now(), random),
    log,
    db,
    snapshots: new SnapshotCache({ db: db.edge, now, log, sleep }),
    authLimits: createAuthLimits(),
    keyUse: new KeyUse(db.edge),
    shadowSlots: new ShadowSlots(),
    decider: createDecider({ env, fetch: outbound, now, log, sleep }),
    usage: usageSink(env, db, sleep),
  };
}

function upstreamNetwork({ UPSTREAM_NETWORK }: Env): Network | null {
  if (UPSTREAM_NETWORK === null) return null;
  return (url, init) => UPSTREAM_NETWORK.fetch(url, init);
}

function upstreamDial({ UPSTREAM_NETWORK }: Env): Dial {
  if (UPSTREAM_NETWORK !== null) return (address) => Promise.resolve(UPSTREAM_NETWORK.connect(address));
  return async (address) => (await import("cloudflare:sockets")).connect(address);
}

function usageSink({ USAGE_SINK, USAGE_QUEUE, USAGE_SPOOL }: Env, db: Databases, sleep: Sleep): UsageSink {
  if (USAGE_SINK === "queue" && USAGE_QUEUE !== null) return new QueueSink({ queue: USAGE_QUEUE, db: db.edge, sleep });
  if (USAGE_SPOOL !== null) return new SpoolSink(USAGE_SPOOL);
  throw new ConfigurationError("missing or invalid configuration: USAGE_SINK");
}

/** Random words that have been drawn and not been used: an id takes thirty, and each call of the source costs as much. */
const drawn = new Uint32Array(256);
let left = 0;

/** 53 random bits, as Math.random gives but from the secure source. */
function secureRandom(): number {
  if (left === 0) left = crypto.getRandomValues(drawn).length;
  left -= 2;
  const high = drawn[left] ?? 0;
  const low = drawn[left + 1] ?? 0;
  drawn[left] = drawn[left + 1] = 0;
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}
