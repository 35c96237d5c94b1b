import { deadlineExceeded, ok, refuse } from "../errors.ts";
import type { Result } from "../errors.ts";
import { createTypicalTime } from "./typical-time.ts";

/** Gives the place back; safe to call more than once. `answered`: whether a decision came of it. */
export type Release = (answered: boolean) => void;

interface Waiter {
  readonly settle: (result: Result<Release>) => void;
}

interface Lane {
  running: number;
  /** In order of arrival. */
  readonly waiting: Set<Waiter>;
}

export interface Admission {
  /**
   * A place to run in; 429 `overloaded` when too many wait already, or when it could not be done by `deadlineAt`; 504
   * when `signal` aborts first.
   */
  readonly enter: (isolation: string, signal: AbortSignal, deadlineAt?: number) => Promise<Result<Release>>;
  readonly running: () => number;
  readonly waiting: () => number;
}

const overloaded = (retryAfterSeconds = 1) =>
  refuse("overloaded", "Too many decisions are waiting for this engine.", { retryAfterSeconds });

interface AdmissionOptions {
  readonly concurrency: number;
  readonly queueLimit: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * At most `concurrency` decisions at once and `queueLimit` waiting. A free place goes to the isolation token with the
 * fewest running; a full queue is shared evenly, so a tenant under its share displaces the newest of the longest lane.
 * What would come too late, as long as decisions take these days, is refused at once rather than after its deadline.
 */
export function createAdmission({ concurrency, queueLimit, now }: AdmissionOptions): Admission {
  const lanes = new Map<string, Lane>();
  const typical = createTypicalTime();
  let running = 0;
  let waiting = 0;

  const laneOf = (isolation: string): Lane => {
    const lane = lanes.get(isolation) ?? { running: 0, waiting: new Set<Waiter>() };
    lanes.set(isolation, lane);
    return lane;
  };

  const prune = (isolation: string, lane: Lane): void => {
    if (lane.running === 0 && lane.waiting.size === 0) lanes.delete(isolation);
  };

  const start = (isolation: string, lane: Lane): Release => {
    running += 1;
    lane.running += 1;
    const began = now();
    let released = false;
    return (answered) => {
      if (released) return;
      released = true;
      const ms = now() - began;
      // What ended without a decision says only that one takes longer than that.
      if (answered || ms > (typical.get() ?? 0)) typical.observe(ms);
      running -= 1;
      lane.running -= 1;
      prune(isolation, lane);
      admitNext();
    };
  };

  const admitNext = (): void => {
    let chosen: [string, Lane] | undefined;
    for (const candidate of lanes) {
      const [, lane] = candidate;
      if (lane.waiting.size > 0 && (chosen === undefined || lane.running < chosen[1].running)) chosen = candidate;
    }
    if (chosen === undefined || running >= concurrency) return;
    const [isolation, lane] = chosen;
    const [waiter] = lane.waiting;
    if (waiter === undefined) return;
    leave(lane, waiter);
    // Last in line among equals from now on: lanes with the same number running take turns.
    lanes.delete(isolation);
    lanes.set(isolation, lane);
    waiter.settle(ok(start(isolation, lane)));
  };

  const leave = (lane: Lane, waiter: Waiter): void => {
    if (lane.waiting.delete(waiter)) waiting -= 1;
  };

  const makeRoom = (lane: Lane): boolean => {
    const queued = [...lanes].filter(([, other]) => other === lane || other.waiting.size > 0);
    if (lane.waiting.size >= Math.floor(queueLimit / queued.length)) return false;
    const [isolation, longest] = queued.reduce((a, b) => (b[1].waiting.size > a[1].waiting.size ? b : a));
    const newest = [...longest.waiting].at(-1);
    if (longest === lane || newest === undefined) return false;
    leave(longest, newest);
    prune(isolation, longest);
    newest.settle(overloaded());
    return true;
  };

  /** Milliseconds until a newcomer of this lane would get a place. Lanes take turns: its own goes before all of it. */
  const waitIn = (lane: Lane, typicalMs: number): number => {
    const turn = lane.waiting.size + 1;
    let ahead = lane.waiting.size;
    for (const [, other] of lanes) if (other !== lane) ahead += Math.min(other.waiting.size, turn);
    // A place comes free every `typicalMs / concurrency`, the next one in half of that.
    return ((ahead + 0.5) * typicalMs) / concurrency;
  };

  /** The refusal of what has no chance. Only what must wait is refused, so there is always something to learn from. */
  const hopeless = (lane: Lane, deadlineAt: number | undefined) => {
    const typicalMs = typical.get();
    if (deadlineAt === undefined || typicalMs === null) return null;
    const waitMs = waitIn(lane, typicalMs);
    return now() + waitMs + typicalMs <= deadlineAt ? null : overloaded(Math.max(1, Math.ceil(waitMs / 1000)));
  };

  return {
    enter: (isolation, signal, deadlineAt) => {
      if (signal.aborted) return Promise.resolve(deadlineExceeded());
      const lane = laneOf(isolation);
      if (running < concurrency) return Promise.resolve(ok(start(isolation, lane)));
      const late = hopeless(lane, deadlineAt);
      if (late !== null) {
        prune(isolation, lane);
        return Promise.resolve(late);
      }
      if (waiting >= queueLimit && !makeRoom(lane)) {
        prune(isolation, lane);
        return Promise.resolve(overloaded());
      }
      const { promise, resolve } = Promise.withResolvers<Result<Release>>();
      const onAbort = (): void => {
        leave(lane, waiter);
        prune(isolation, lane);
        resolve(deadlineExceeded());
      };
      const waiter: Waiter = {
        settle: (result) => {
          signal.removeEventListener("abort", onAbort);
          resolve(result);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      lane.waiting.add(waiter);
      waiting += 1;
      return promise;
    },
    running: () => running,
    waiting: () => waiting,
  };
}
