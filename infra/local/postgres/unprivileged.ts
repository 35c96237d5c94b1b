import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { chown, readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Runs programs that refuse to run as root, and hands files over to the user they run as. */
export interface Unprivileged {
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  own(path: string): Promise<void>;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * As an ordinary user: that user. As root: the owner of `dataDir` if there is one, else `postgres` or `nobody`. When
 * that user cannot reach the folders in `needs` (a checkout under /root, say), util-linux's setpriv lets it pass file
 * permissions and nothing else.
 */
export async function unprivileged(dataDir: string, needs: readonly string[]): Promise<Unprivileged> {
  if (process.getuid?.() !== 0) {
    return { spawn: (command, args, options) => spawn(command, args, options), own: () => Promise.resolve() };
  }
  const user = (await ownerOf(dataDir)) ?? (await systemUser());
  const own = (path: string): Promise<void> => chown(path, user.uid, user.gid);
  const reachable = await Promise.all([dirname(dataDir), ...needs].map(isOpenToAll));
  if (reachable.every(Boolean)) {
    return { own, spawn: (command, args, options) => spawn(command, args, { ...options, ...user }) };
  }
  const drop = ["--reuid", String(user.uid), "--regid", String(user.gid), "--clear-groups"];
  // Without that bit, access(2), which initdb asks about its own programs, would not see the capability.
  const keep = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--securebits", "+no_setuid_fixup"];
  return { own, spawn: (command, args, options) => spawn("setpriv", [...drop, ...keep, command, ...args], options) };
}

async function ownerOf(path: string): Promise<User | null> {
  const found = await stat(path).catch(() => null);
  return found === null || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}

async function systemUser(): Promise<User> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const fields = lines.find(([user]) => user === name);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as");
}

async function isOpenToAll(path: string): Promise<boolean> {
  let folder = await realpath(path);
  if (((await stat(folder)).mode & 0o5) !== 0o5) return false;
  while (folder !== dirname(folder)) {
    folder = dirname(folder);
    if (((await stat(folder)).mode & 0o1) === 0) return false;
  }
  return true;
}
