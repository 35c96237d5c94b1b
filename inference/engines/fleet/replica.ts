import { createHash } from "node:crypto";

/** One server of a deployment, as this process knows it. Times in milliseconds, monotonic. */
export interface Replica {
  readonly baseUrl: string;
  readonly index: number;
  ready: boolean;
  /** Decisions that this process has running there. */
  running: number;
  /** Decisions that others have running or waiting there, as the server itself says. */
  foreign: number;
  /** Answers in a row that made no sense, but were not bad enough to eject it at once. */
  troubles: number;
  /** Decisions that it let wait longer than they take, with nothing heard of it since the first; since when. */
  silences: number;
  silentSince: number | null;
  /** Looks at it in a row that found it ill. */
  failedLooks: number;
  /** Has been silent for so long that others are asked before it, until one of them shows whose silence it is. */
  suspect: boolean;
  /** Ejections that came quickly after one another: each doubles the rest before it may prove itself again. */
  ejections: number;
  /** When it was last let in. */
  readySince: number;
  /** When it last answered a decision; before that, when it was let in. */
  answeredAt: number;
  /** Smoothed time of its answers; null before the first. */
  typicalMs: number | null;
}

export const newReplica = (baseUrl: string, index: number): Replica => ({
  baseUrl,
  index,
  ready: false,
  running: 0,
  foreign: 0,
  troubles: 0,
  silences: 0,
  silentSince: null,
  failedLooks: 0,
  suspect: false,
  ejections: 0,
  readySince: 0,
  answeredAt: 0,
  typicalMs: null,
});

/** Load above the even share that the replica of a policy set may carry before the next one in line is asked. */
const LOAD_BOUND = 1.25;

/**
 * Ready replicas, the one to ask first at the front: the same one for the same policy set, so that its prefix cache is
 * warm, until its load passes the bound (rendezvous hashing with bounded loads). Suspects come last.
 */
export function inOrder(replicas: readonly Replica[], digest: string): Replica[] {
  const ready = replicas.filter((replica) => replica.ready).sort((a, b) => rank(b, digest) - rank(a, digest));
  const total = ready.reduce((sum, replica) => sum + loadOf(replica), 0);
  const bound = Math.ceil(((total + 1) / ready.length) * LOAD_BOUND);
  const isFree = (replica: Replica): boolean => loadOf(replica) < bound;
  const sound = ready.filter(({ suspect }) => !suspect);
  const order = [...sound.filter(isFree), ...sound.filter((replica) => !isFree(replica))];
  return [...order, ...ready.filter(({ suspect }) => suspect)];
}

const loadOf = ({ running, foreign }: Replica): number => running + foreign;

/** Adding or losing a replica moves only the policy sets that were or will be its own. */
function rank({ baseUrl }: Replica, digest: string): number {
  return createHash("sha256").update(`${baseUrl}\n${digest}`).digest().readUInt32BE(0);
}
