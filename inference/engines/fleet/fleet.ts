import type { Deps } from "../../deps.ts";
import { inOrder, newReplica } from "./replica.ts";
import type { Replica } from "./replica.ts";

/** Milliseconds between two looks at a server that serves, and the first rest of one that does not. */
const WATCH_MS = 5_000;
const REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** A replica that was well for this long has its earlier ejections forgotten. */
const WELL_MS = 60_000;
/** Answers in a row that make no sense after which a replica is ejected. */
const TROUBLES_TO_EJECT = 3;
/** Looks in a row that find a replica ill after which it is ejected. */
const LOOKS_TO_EJECT = 2;
/** Servers asked about one decision before it is given up. */
const MAX_ATTEMPTS = 8;
/** Share of the time left that one replica may take while there is another to ask. */
const ATTEMPT_SHARE = 0.5;
/** A wait of less says nothing about a replica. */
const SILENCE_FLOOR_MS = 50;
/** Waits in a row that make a replica a suspect when they come to nothing. */
const SILENCES_TO_SUSPECT = 3;
/** How long they must last together: a server with more than it can do answers now and then, one that hangs never. */
const LONG_SILENCE_MS = 1_000;
/** The same, in answers that typically come in that time. */
const LONG_SILENCE_FACTOR = 4;
const UNKNOWN_TYPICAL_MS = 250;
const SMOOTHING = 0.2;

/**
 * What asking one replica came to. `answered`: it decided. `done`: it did not, and no other would. `elsewhere`: it is
 * well but will not take this one. `troubled`: it did not answer as it should. `gone`: the connection failed, or, with
 * `restMs`, it serves nobody for that long.
 */
export type Attempt<T> =
  | { readonly verdict: "answered" | "done" | "elsewhere" | "troubled"; readonly result: T }
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

  const hasOthers = (replica: Replica): boolean => replicas.some((other) => other !== replica && other.ready);

  const admit = (replica: Replica): void => {
    replica.ready = true;
    replica.readySince = deps.now();
    replica.failedLooks = 0;
    clear(replica);
    replica.answeredAt = deps.now();
    tell(replica);
  };

  const eject = (replica: Replica, restMs?: number): void => {
    if (!replica.ready) return;
    replica.ejections = deps.now() - replica.readySince > WELL_MS ? 1 : replica.ejections + 1;
    replica.ready = false;
    tell(replica);
    // While nobody else serves, a long rest would be an outage of our own making.
    const backOff = hasOthers(replica) ? Math.min(LONGEST_REST_MS, REST_MS * 2 ** (replica.ejections - 1)) : REST_MS;
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
    const since = replica.readySince;
    if (prove !== null) deps.schedule(WATCH_MS, () => void watch(replica, since));
  };

  /** Looks after one stay of a replica; the next stay is watched by a watch of its own. */
  const watch = async (replica: Replica, since: number): Promise<void> => {
    if (stopped || !replica.ready || replica.readySince !== since) return;
    const [serves, load] = await Promise.all([prove?.(replica.baseUrl, true), loadOf?.(replica.baseUrl)]);
    if (replica.readySince !== since) return;
    replica.failedLooks = serves === false ? replica.failedLooks + 1 : 0;
    // A busy server may be late for a look. What decides is believed while none that looks well could do it instead.
    const decides = deps.now() - replica.answeredAt < WATCH_MS;
    const isNeeded = decides && !replicas.some((other) => other.ready && other.failedLooks === 0);
    if (replica.failedLooks >= LOOKS_TO_EJECT && !isNeeded) eject(replica);
    else {
      // One too busy to say what it has is as busy as it was.
      if (typeof load === "number") replica.foreign = Math.max(0, load - replica.running);
      deps.schedule(replica.failedLooks > 0 ? REST_MS : WATCH_MS, () => void watch(replica, since));
    }
  };

  const typicalMs = (): number | null => {
    const known = replicas.flatMap((replica) => (replica.ready && replica.typicalMs !== null ? replica.typicalMs : []));
    return known.length === 0 ? null : Math.min(...known);
  };

  const clear = (replica: Replica): void => {
    replica.troubles = 0;
    replica.suspect = false;
    clearSilence(replica);
  };

  const clearSilence = (replica: Replica): void => {
    replica.silences = 0;
    replica.silentSince = null;
  };

  const learn = (replica: Replica, ms: number): void => {
    replica.typicalMs = replica.typicalMs === null ? ms : replica.typicalMs + SMOOTHING * (ms - replica.typicalMs);
  };

  /** The last one that is left stays in: it may be overloaded rather than broken, and nobody else could serve. */
  const onTrouble = (replica: Replica): void => {
    replica.troubles += 1;
    if (replica.troubles >= TROUBLES_TO_EJECT && hasOthers(replica)) eject(replica);
  };

  /** Adds up waits, for one at the deadlines that decisions have is too short to tell silence from a slow answer. */
  const onSilence = (replica: Replica, waitedMs: number): void => {
    const typical = typicalMs() ?? UNKNOWN_TYPICAL_MS;
    // A hasty deadline or a caller who left says nothing about the replica.
    if (waitedMs < Math.max(SILENCE_FLOOR_MS, typical)) return;
    replica.silences += 1;
    replica.silentSince ??= Math.max(replica.answeredAt, deps.now() - waitedMs);
    const silentMs = deps.now() - replica.silentSince;
    const isLong = silentMs >= Math.max(LONG_SILENCE_MS, LONG_SILENCE_FACTOR * typical);
    if (replica.silences >= SILENCES_TO_SUSPECT && isLong) replica.suspect = true;
  };

  /**
   * An answer shows whose the silence of the suspects was: their own, or, when it comes from one of them, that of a load
   * which all had, and which would be worse on fewer.
   */
  const onAnswer = (replica: Replica, ms: number): void => {
    learn(replica, ms);
    replica.answeredAt = deps.now();
    const wasSuspect = replica.suspect;
    clear(replica);
    if (!replica.ready) return;
    for (const other of replicas) {
      if (!other.suspect) continue;
      if (wasSuspect) clear(other);
      else eject(other);
    }
  };

  const askOne = async <T>(
    replica: Replica,
    { signal, deadlineAt, attempt }: Asking<T>,
    hasNext: () => boolean,
  ): Promise<Attempt<T> | "late"> => {
    const began = deps.now();
    const cut = new AbortController();
    const limit = AbortSignal.any([signal, cut.signal]);
    const shareMs = deadlineAt === undefined ? Infinity : Math.ceil((deadlineAt - began) * ATTEMPT_SHARE);
    // Where answers take longer than a share, two replicas asked in turn would both be left before they answer.
    const callOffCut =
      hasNext() && shareMs < Infinity && (typicalMs() ?? 0) <= shareMs
        ? deps.schedule(shareMs, () => {
            if (hasNext()) cut.abort();
          })
        : null;
    replica.running += 1;
    try {
      let asked = await attempt(replica.baseUrl, limit);
      // Most connections that break were kept open, and closed by the other side as they were used again.
      if (isCutOff(asked) && !limit.aborted) asked = await attempt(replica.baseUrl, limit);
      const ms = deps.now() - began;
      if (asked.verdict === "answered") onAnswer(replica, ms);
      else if (limit.aborted) {
        onSilence(replica, ms);
        // It is taken to need twice what it was given: where all have become slower than a share, none is cut for long.
        if (cut.signal.aborted) learn(replica, 2 * ms);
        return "late";
      } else {
        clearSilence(replica);
        if (asked.verdict === "troubled") onTrouble(replica);
        else if (asked.verdict === "gone") eject(replica, asked.restMs);
      }
      return asked;
    } finally {
      callOffCut?.();
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
        const asked = await askOne(replica, asking, () => candidates.slice(index + 1).some(({ ready }) => ready));
        if (asking.signal.aborted) return "late";
        if (asked === "late") last ??= "late";
        else if (asked.verdict === "answered" || asked.verdict === "done") return asked.result;
        else last = asked.result;
      }
      return last;
    },
  };
}

const isCutOff = <T>(asked: Attempt<T>): boolean => asked.verdict === "gone" && asked.restMs === undefined;
