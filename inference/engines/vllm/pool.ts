import { createHash } from "node:crypto";
import type { Deps } from "../../deps.ts";

/** Milliseconds between two looks at a server that does not serve yet, and at one that does. */
const LOOK_AGAIN_MS = 1_000;
const WATCH_MS = 10_000;
/** Decisions a replica may run above the even share before the next one in line is preferred. */
const LOAD_BOUND = 1.25;

export interface Replica {
  readonly baseUrl: string;
  ready: boolean;
  running: number;
}

export interface Pool {
  readonly start: () => void;
  readonly stop: () => void;
  readonly ready: () => boolean;
  /** Ready replicas, the one to ask first at the front: the same one for the same policy set while its load allows. */
  readonly inOrder: (digest: string) => readonly Replica[];
  /** Takes a replica out until it has proved itself again. */
  readonly markDown: (replica: Replica) => void;
}

interface PoolOptions {
  readonly name: string;
  readonly baseUrls: readonly string[];
  /** Whether a server serves and has answered one decision: the first constrained one takes vLLM half a minute. */
  readonly prove: (baseUrl: string, warm: boolean) => Promise<boolean>;
}

/** The servers of one deployment and which of them can be asked now. */
export function createPool({ name, baseUrls, prove }: PoolOptions, deps: Pick<Deps, "log" | "schedule">): Pool {
  const replicas: Replica[] = baseUrls.map((baseUrl) => ({ baseUrl, ready: false, running: 0 }));
  let stopped = false;

  const watch = async (replica: Replica, index: number): Promise<void> => {
    const was = replica.ready;
    const serves = await prove(replica.baseUrl, was);
    if (stopped) return;
    replica.ready = serves;
    if (serves !== was) deps.log(serves ? "info" : "warn", "replica", { engine: name, replica: index, ready: serves });
    deps.schedule(serves ? WATCH_MS : LOOK_AGAIN_MS, () => void watch(replica, index));
  };

  return {
    start: () => replicas.forEach((replica, index) => void watch(replica, index)),
    stop: () => {
      stopped = true;
    },
    ready: () => replicas.some((replica) => replica.ready),
    inOrder: (digest) => {
      const ready = replicas.filter((replica) => replica.ready).sort((a, b) => rank(b, digest) - rank(a, digest));
      const running = ready.reduce((sum, replica) => sum + replica.running, 0);
      const bound = Math.ceil(((running + 1) / ready.length) * LOAD_BOUND);
      const free = ready.filter((replica) => replica.running < bound);
      return [...free, ...ready.filter((replica) => replica.running >= bound)];
    },
    markDown: (replica) => {
      replica.ready = false;
    },
  };
}

/** Rendezvous hashing: adding or losing a replica moves only the policy sets that were or will be its own. */
function rank(replica: Replica, digest: string): number {
  return createHash("sha256").update(`${replica.baseUrl}\n${digest}`).digest().readUInt32BE(0);
}
