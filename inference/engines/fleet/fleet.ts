import type { Deps } from "../../deps.ts";
import { inOrder, newReplica } from "./replica.ts";
import type { Replica } from "./replica.ts";

/** Milliseconds between two looks at a server that serves, and the first rest of one that does not. */
const WATCH_MS = 5_000;
const REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** A replica that was well for this long has its earlier ejections forgotten. */
const WELL_MS = 60_000;
/** Soft troubles in a row after which a replica is ejected. */
const TROUBLES_TO_EJECT = 3;
/** Servers asked about one decision before it is given up. */
const MAX_ATTEMPTS = 8;
/** Share of the time left that one replica may take while there is another to ask. */
const ATTEMPT_SHARE = 0.5;
/** A replica is slow when it took longer than this many times what is typical, and longer than the floor. */
const SLOW_FACTOR = 4;
const SLOW_FLOOR_MS = 50;
const UNKNOWN_TYPICAL_MS = 250;
const SMOOTHING = 0.2;

/**
 * What asking one replica came to. `done`: no other replica would do better. `elsewhere`: it is well but will not take
 * this one. `troubled`: it did not answer as it should. `gone`: it cannot serve anybody; `restMs` says for how long.
 */
export type Attempt<T> =
  | { readonly verdict: "done" | "elsewhere" | "troubled"; readonly result: T }
  | { readonly verdict: "gone"; readonly result: T; readonly restMs?: number };

interface FleetOptions {
  readonly name: string;
  readonly baseUrls: readonly string[];
  /** Whether a server serves; `warm` is false when it must also answer a decision first. Null: nothing can be asked. */
  readonly prove: ((baseUrl: string, warm: boolean) => Promise<boolean>) | null;
  /** Decisions running and waiting at a server by its own account; null when it does not say. */
  readonly loadOf: ((baseUrl: string) => Promise<number | null>) | null;
}

export interface Fleet {
  readonly start: () => void;
  readonly stop: () => void;
  readonly ready: () => boolean;
  /** Base URLs of the ready replicas, the one that a policy set would be asked at first at the front. */
  readonly inOrder: (digest: string) => readonly string[];
  readonly size: () => { readonly ready: number; readonly all: number };
  /**
   * Asks one replica after another until one answers. `null`: none was ready. `"late"`: `signal` aborted first, or
   * the last replica was asked until then. `deadlineAt` bounds the wait for one replica while there is another.
   */
  readonly ask: <T>(asking: Asking<T>) => Promise<T | "late" | null>;
}

interface Asking<T> {
  /** Of the policy set. */
  readonly digest: string;
  readonly signal: AbortSignal;
  readonly deadlineAt: number | undefined;
  readonly attempt: (baseUrl: string, signal: AbortSignal) => Promise<Attempt<T>>;
}

/** The servers of one deployment: which are well, which of them is asked, and what happens when one fails. */
export function createFleet(
  { name, baseUrls, prove, loadOf }: FleetOptions,
  deps: Pick<Deps, "log" | "now" | "schedule" | "timeout">,
): Fleet {
  const replicas = baseUrls.map(newReplica);
  let stopped = false;

  const tell = (replica: Replica): void =>
    deps.log(replica.ready ? "info" : "warn", "replica", {
      engine: name,
      replica: replica.index,
      ready: replica.ready,
    });

  const admit = (replica: Replica): void => {
    replica.ready = true;
    replica.readySince = deps.now();
    replica.troubles = 0;
    tell(replica);
  };

  const eject = (replica: Replica, restMs?: number): void => {
    if (!replica.ready) return;
    replica.ejections = deps.now() - replica.readySince > WELL_MS ? 1 : replica.ejections + 1;
    replica.ready = false;
    tell(replica);
    const backOff = Math.min(LONGEST_REST_MS, REST_MS * 2 ** (replica.ejections - 1));
    deps.schedule(restMs ?? backOff, () => void letIn(replica));
  };

  const letIn = async (replica: Replica): Promise<void> => {
    const serves = prove === null || (await prove(replica.baseUrl, false));
    if (stopped) return;
    if (!serves) {
      deps.schedule(REST_MS, () => void letIn(replica));
      return;
    }
    admit(replica);
    if (prove !== null) deps.schedule(WATCH_MS, () => void watch(replica, replica.readySince));
  };

  /** Looks after one stay of a replica; the next stay is watched by a watch of its own. */
  const watch = async (replica: Replica, since: number): Promise<void> => {
    if (stopped || !replica.ready || replica.readySince !== since) return;
    const [serves, load] = await Promise.all([prove?.(replica.baseUrl, true), loadOf?.(replica.baseUrl)]);
    if (replica.readySince !== since) return;
    if (serves === false) eject(replica);
    else {
      replica.foreign = Math.max(0, (load ?? 0) - replica.running);
      deps.schedule(WATCH_MS, () => void watch(replica, since));
    }
  };

  const typicalMs = (): number | null => {
    const known = replicas.flatMap((replica) => (replica.ready && replica.typicalMs !== null ? replica.typicalMs : []));
    return known.length === 0 ? null : Math.min(...known);
  };

  /** The last one that is left stays in: it may be overloaded rather than broken, and nobody else could serve. */
  const trouble = (replica: Replica): void => {
    replica.troubles += 1;
    const others = replicas.some((other) => other !== replica && other.ready);
    if (replica.troubles >= TROUBLES_TO_EJECT && others) eject(replica);
  };

  const wasWell = (replica: Replica, ms: number): void => {
    replica.troubles = 0;
    replica.typicalMs = replica.typicalMs === null ? ms : replica.typicalMs + SMOOTHING * (ms - replica.typicalMs);
  };

  const askOne = async <T>(
    replica: Replica,
    { signal, deadlineAt, attempt }: Asking<T>,
    isLast: boolean,
  ): Promise<Attempt<T> | "late"> => {
    const began = deps.now();
    const shareMs = deadlineAt === undefined ? Infinity : Math.ceil((deadlineAt - began) * ATTEMPT_SHARE);
    // Where answers take longer than a share, two replicas asked in turn would both be left before they answer.
    const own = isLast || shareMs === Infinity || (typicalMs() ?? 0) > shareMs ? null : deps.timeout(shareMs);
    replica.running += 1;
    try {
      const asked = await attempt(replica.baseUrl, own === null ? signal : AbortSignal.any([signal, own]));
      const ms = deps.now() - began;
      if (asked.verdict === "done" && !signal.aborted) {
        wasWell(replica, ms);
        return asked;
      }
      if (signal.aborted || own?.aborted === true) {
        // A hasty deadline or a caller who left says nothing about the replica; patience that ran out does.
        if (ms >= Math.max(SLOW_FLOOR_MS, SLOW_FACTOR * (typicalMs() ?? UNKNOWN_TYPICAL_MS))) trouble(replica);
        // It takes at least twice as long as it was given: what is slower than a share is not cut at one again.
        if (own?.aborted === true) replica.typicalMs ??= 2 * ms;
        return "late";
      }
      if (asked.verdict === "troubled") trouble(replica);
      else if (asked.verdict === "gone") eject(replica, asked.restMs);
      return asked;
    } finally {
      replica.running -= 1;
    }
  };

  return {
    start: () => {
      if (prove === null) replicas.forEach(admit);
      else for (const replica of replicas) void letIn(replica);
    },
    stop: () => {
      stopped = true;
    },
    ready: () => replicas.some((replica) => replica.ready),
    inOrder: (digest) => inOrder(replicas, digest).map(({ baseUrl }) => baseUrl),
    size: () => ({ ready: replicas.filter((replica) => replica.ready).length, all: replicas.length }),
    ask: async <T>(asking: Asking<T>) => {
      let last: T | "late" | null = null;
      const candidates = inOrder(replicas, asking.digest).slice(0, MAX_ATTEMPTS);
      for (const [index, replica] of candidates.entries()) {
        if (index > 0 && !replica.ready) continue;
        const isLast = candidates.slice(index + 1).every(({ ready }) => !ready);
        const asked = await askOne(replica, asking, isLast);
        if (asking.signal.aborted) return "late";
        if (asked === "late") last ??= "late";
        else if (asked.verdict === "done") return asked.result;
        else last = asked.result;
      }
      return last;
    },
  };
}
