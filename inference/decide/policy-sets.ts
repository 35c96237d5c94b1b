import { policyDigest } from "../contract/index.ts";
import type { Policy } from "../contract/index.ts";
import type { Engine } from "../engines/engine.ts";

interface Entry<Prepared> {
  readonly prepared: Promise<Prepared>;
  /** 0 until the preparation is done. */
  bytes: number;
}

export interface PolicySets<Prepared> {
  /** The digest of a policy set and its preparation, which goes on whether or not anyone still waits for it. */
  readonly get: (policies: readonly Policy[]) => Promise<{ digest: string; prepared: Promise<Prepared> }>;
  readonly bytes: () => number;
}

/**
 * Keeps what an engine prepared, by policy digest: one preparation at a time for each set, least recently used out
 * first when more than `maxBytes` are kept. A preparation that failed is forgotten, so the next caller tries again.
 */
export function createPolicySets<Prepared>(
  engine: Pick<Engine<Prepared>, "prepare" | "bytesOf">,
  maxBytes: number,
): PolicySets<Prepared> {
  const entries = new Map<string, Entry<Prepared>>();
  let kept = 0;

  const forget = (digest: string, entry: Entry<Prepared>): void => {
    if (entries.get(digest) !== entry) return;
    entries.delete(digest);
    kept -= entry.bytes;
  };

  const settle = async (digest: string, entry: Entry<Prepared>): Promise<void> => {
    try {
      const prepared = await entry.prepared;
      if (entries.get(digest) !== entry) return;
      entry.bytes = engine.bytesOf(prepared);
      kept += entry.bytes;
      for (const [oldest, candidate] of entries) {
        if (kept <= maxBytes) break;
        if (candidate !== entry && candidate.bytes > 0) forget(oldest, candidate);
      }
    } catch {
      forget(digest, entry);
    }
  };

  return {
    get: async (policies) => {
      const digest = await policyDigest(policies);
      const known = entries.get(digest);
      if (known !== undefined) {
        entries.delete(digest);
        entries.set(digest, known);
        return { digest, prepared: known.prepared };
      }
      const entry: Entry<Prepared> = { prepared: engine.prepare({ policies, digest }), bytes: 0 };
      entries.set(digest, entry);
      void settle(digest, entry);
      return { digest, prepared: entry.prepared };
    },
    bytes: () => kept,
  };
}
