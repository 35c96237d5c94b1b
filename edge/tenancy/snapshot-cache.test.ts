import { describe, expect, it } from "vitest";
import { ManualClock, settled } from "../../test/edge-path/manual-clock.ts";
import { snapshotRow } from "../../test/edge-path/snapshot-row.ts";
import { SnapshotCache, type Lookup } from "./snapshot-cache.ts";

/** A database whose reads a test answers one by one, in the order they came. */
class HeldReads {
  readonly asked: { readonly hash: unknown; readonly revision: unknown; readonly signal: AbortSignal | undefined }[] =
    [];
  readonly #answers: ((value: { snapshot: unknown }[] | Promise<never>) => void)[] = [];

  readonly query = <T>(_text: string, params: readonly unknown[], options?: { signal?: AbortSignal }): Promise<T[]> => {
    this.asked.push({ hash: params[0], revision: params[1], signal: options?.signal });
    return new Promise<{ snapshot: unknown }[]>((resolve) => this.#answers.push(resolve)) as Promise<T[]>;
  };

  async answer(index: number, snapshot: unknown): Promise<void> {
    this.#answers[index]!([{ snapshot }]);
    await settled();
  }

  async fail(index: number): Promise<void> {
    this.#answers[index]!(Promise.reject(new Error("connection refused")));
    await settled();
  }
}

function setUp(options: { maxBytes?: number } = {}) {
  const clock = new ManualClock();
  const reads = new HeldReads();
  const logged: string[] = [];
  const behind: Promise<unknown>[] = [];
  const cache = new SnapshotCache({
    db: reads,
    now: clock.now,
    sleep: clock.sleep,
    log: (_level, event) => logged.push(event),
    ...options,
  });
  /** A look-up whose result can be asked for before it is there. */
  const find = (hash: string): { result: Lookup | "pending"; readonly done: Promise<Lookup> } => {
    const done = cache.find(hash, (work) => behind.push(work));
    const state = { result: "pending" as Lookup | "pending", done };
    void done.then((result) => (state.result = result));
    return state;
  };
  const warm = async (hash: string, row = snapshotRow()): Promise<void> => {
    const index = reads.asked.length;
    find(hash);
    await reads.answer(index, row);
  };
  return { clock, reads, cache, find, warm, logged, behind };
}

const known = (lookup: Lookup | "pending") => {
  if (lookup === "pending" || lookup.kind !== "known") throw new Error(`not known: ${JSON.stringify(lookup)}`);
  const { revision, status } = lookup.tenant;
  return { revision, status, stale: lookup.staleSeconds, key: lookup.key };
};

describe("a snapshot by its age", () => {
  it("is used without a read up to 5 s", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(5_000);
    expect(known(await find("a").done)).toMatchObject({ revision: 1, stale: null });
    expect(reads.asked).toHaveLength(1);
  });

  it("is used and refreshed behind up to 10 s, by one read whoever asks", async () => {
    const { clock, reads, find, warm, behind } = setUp();
    await warm("a");
    await clock.advance(5_001);
    expect(known(await find("a").done).revision).toBe(1);
    expect(known(await find("a").done).revision).toBe(1);
    expect(reads.asked.map(({ revision }) => revision)).toEqual([null, 1]);
    expect(behind).toHaveLength(2);
    await reads.answer(1, snapshotRow({ revision: 2 }));
    expect(known(await find("a").done)).toMatchObject({ revision: 2, stale: null });
  });

  it("is fresh again when the database says it is unchanged", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(6_000);
    await find("a").done;
    await reads.answer(1, { revision: 1, unchanged: true });
    await clock.advance(4_999);
    expect(known(await find("a").done).revision).toBe(1);
    expect(reads.asked).toHaveLength(2);
  });

  it("waits for a refresh over 10 s and serves what that found", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(10_001);
    const asking = find("a");
    await clock.advance(499);
    expect(asking.result).toBe("pending");
    await reads.answer(1, snapshotRow({ revision: 2, key: { revoked_at: "2026-01-01T00:00:00Z" } }));
    expect(known(asking.result)).toMatchObject({ revision: 2, stale: null, key: { revoked_at: expect.any(String) } });
  });

  it("is read 10 s after the tenant was suspended at the latest, and nobody is served from it after that", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(10_000);
    expect(known(await find("a").done).status).toBe("active");
    await clock.advance(1);
    const asking = find("a");
    expect(asking.result).toBe("pending");
    await reads.answer(1, snapshotRow({ revision: 2, tenant: { id: "ten_a", status: "suspended" } }));
    expect(known(await asking.done).status).toBe("suspended");
    expect(known(await find("a").done).status).toBe("suspended");
  });

  it("counts from when the read began, not from when it was answered", async () => {
    const { clock, reads, find } = setUp();
    const first = find("a");
    await clock.advance(2_000);
    await reads.answer(0, snapshotRow());
    await first.done;
    await clock.advance(3_001);
    await find("a").done;
    expect(reads.asked).toHaveLength(2);
  });

  it("forgets a key that is gone, and asks for it again only after 10 s", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(10_001);
    const asking = find("a");
    await reads.answer(1, null);
    expect(asking.result).toEqual({ kind: "unknown" });
    await clock.advance(9_999);
    expect(await find("a").done).toEqual({ kind: "unknown" });
    expect(reads.asked).toHaveLength(2);
    await clock.advance(1);
    const later = find("a");
    await reads.fail(2);
    expect(later.result).toEqual({ kind: "unavailable" });
  });
});

describe("a tenant that this isolate has changed", () => {
  it("is read anew by its next request, whatever the age, and then not again", async () => {
    const { clock, reads, cache, find, warm } = setUp();
    await warm("a");
    await clock.advance(100);
    cache.changed("ten_a");
    await clock.advance(1);
    const asking = find("a");
    expect(asking.result).toBe("pending");
    await reads.answer(1, snapshotRow({ revision: 2 }));
    expect(known(asking.result).revision).toBe(2);
    expect(known(await find("a").done).revision).toBe(2);
    expect(reads.asked).toHaveLength(2);
  });

  it("is not taken for current by a read that began before the change", async () => {
    const { clock, reads, cache, find, warm } = setUp();
    await warm("a");
    await clock.advance(6_000);
    await find("a").done;
    cache.changed("ten_a");
    await clock.advance(1);
    const asking = find("a");
    await reads.answer(1, { revision: 1, unchanged: true });
    expect(asking.result).toBe("pending");
    await reads.answer(2, snapshotRow({ revision: 2 }));
    expect(known(asking.result).revision).toBe(2);
  });

  it("still serves what is held when the database does not answer", async () => {
    const { clock, reads, cache, find, warm } = setUp();
    await warm("a");
    cache.changed("ten_a");
    await clock.advance(1);
    const asking = find("a");
    await reads.fail(1);
    expect(known(asking.result).revision).toBe(1);
  });

  it("leaves other tenants alone", async () => {
    const { clock, reads, cache, find, warm } = setUp();
    await warm("a");
    cache.changed("ten_other");
    await clock.advance(1);
    await find("a").done;
    expect(reads.asked).toHaveLength(1);
  });
});

describe("while the database does not answer", () => {
  it("serves the last snapshot after 500 ms, says how old it is, and does not make the next one wait", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(12_000);
    const asking = find("a");
    await clock.advance(499);
    expect(asking.result).toBe("pending");
    await clock.advance(1);
    expect(known(asking.result)).toMatchObject({ revision: 1, stale: 12 });
    const next = find("a");
    await settled();
    expect(known(next.result).stale).toBe(12);
    expect(reads.asked).toHaveLength(2);
  });

  it("serves it at once when the read is refused, and reads again a second later", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(20_000);
    const asking = find("a");
    await reads.fail(1);
    expect(known(asking.result).stale).toBe(20);
    await clock.advance(1_000);
    const later = find("a");
    await reads.answer(2, snapshotRow({ revision: 2 }));
    expect(known(later.result)).toMatchObject({ revision: 2, stale: null });
  });

  it("serves it for 15 minutes and not a millisecond longer", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(15 * 60_000);
    const last = find("a");
    await reads.fail(1);
    expect(known(last.result).stale).toBe(900);
    await clock.advance(1);
    const over = find("a");
    await reads.fail(2);
    expect(over.result).toEqual({ kind: "unavailable" });
  });

  it("refuses a key it has never seen after 3 s, and gives up the read", async () => {
    const { clock, reads, find } = setUp();
    const asking = find("a");
    await clock.advance(2_999);
    expect(asking.result).toBe("pending");
    await clock.advance(1);
    expect(asking.result).toEqual({ kind: "unavailable" });
    expect(reads.asked[0]!.signal!.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("is read for keys it has never seen once in half a second, after two reads in a row have failed", async () => {
    const { clock, reads, cache, find } = setUp();
    for (const [index, hash] of ["a", "b"].entries()) {
      find(hash);
      await reads.fail(index);
    }
    expect(cache.needsFirstRead("c")).toBe(false);
    expect(await find("c").done).toEqual({ kind: "unavailable" });
    await clock.advance(499);
    expect(await find("d").done).toEqual({ kind: "unavailable" });
    expect(reads.asked).toHaveLength(2);
    await clock.advance(1);
    expect(cache.needsFirstRead("d")).toBe(true);
    const probe = find("d");
    expect(await find("e").done).toEqual({ kind: "unavailable" });
    expect(reads.asked).toHaveLength(3);
    await reads.answer(2, snapshotRow());
    expect(known(probe.result).revision).toBe(1);
    find("e");
    expect(reads.asked).toHaveLength(4);
  });

  it("counts as back when a later read has been answered, whatever becomes of earlier ones", async () => {
    const { clock, reads, find, warm } = setUp();
    find("a");
    find("b");
    await clock.advance(100);
    await warm("c");
    await reads.fail(0);
    await reads.fail(1);
    find("d");
    expect(reads.asked).toHaveLength(4);
  });
});

describe("requests that need the same key", () => {
  it("share one read's value", async () => {
    const { reads, find } = setUp();
    const asking = [find("a"), find("a"), find("a")];
    await reads.answer(0, snapshotRow());
    expect(asking.map(({ result }) => known(result).revision)).toEqual([1, 1, 1]);
    expect(reads.asked).toHaveLength(1);
  });

  it("read for themselves when the one that began the read never hears of it again", async () => {
    const { clock, reads, find } = setUp();
    find("a");
    const others = [find("a"), find("a")];
    await clock.advance(200);
    expect(reads.asked).toHaveLength(2);
    await reads.answer(1, snapshotRow({ revision: 3 }));
    expect(others.map(({ result }) => known(result).revision)).toEqual([3, 3]);
  });

  it("do so within their 500 ms when they hold an old snapshot", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(10_001);
    find("a");
    const other = find("a");
    await clock.advance(200);
    await reads.answer(2, snapshotRow({ revision: 2 }));
    expect(known(other.result)).toMatchObject({ revision: 2, stale: null });
  });

  it("do not fail with the read of another", async () => {
    const { reads, find } = setUp();
    const first = find("a");
    const others = [find("a"), find("a")];
    await reads.fail(0);
    expect(first.result).toEqual({ kind: "unavailable" });
    expect(reads.asked).toHaveLength(2);
    await reads.answer(1, snapshotRow());
    expect(others.map(({ result }) => known(result).revision)).toEqual([1, 1]);
  });

  it("make few reads, however many they are, when each one fails", async () => {
    const { reads, find } = setUp();
    const asking = Array.from({ length: 100 }, () => find("a"));
    await reads.fail(0);
    await reads.fail(1);
    expect(asking.every(({ result }) => result !== "pending" && result.kind === "unavailable")).toBe(true);
    expect(reads.asked).toHaveLength(2);
  });
});

describe("a tenant's keys", () => {
  it("use the newest configuration that any of them brought", async () => {
    const { clock, find, warm } = setUp();
    await warm("a", snapshotRow({ key: { id: "key_a" } }));
    await clock.advance(1_000);
    await warm("b", snapshotRow({ revision: 2, key: { id: "key_b" } }));
    expect(known(await find("a").done)).toMatchObject({ revision: 2, key: { id: "key_a" } });
  });

  it("are confirmed together, as a revision covers all of a tenant", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await warm("b", snapshotRow({ key: { id: "key_b" } }));
    await clock.advance(6_000);
    await find("a").done;
    await reads.answer(2, { revision: 1, unchanged: true });
    await find("b").done;
    expect(reads.asked).toHaveLength(3);
  });

  it("are read in full when only the tenant is known at a newer revision", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(4_000);
    await warm("b", snapshotRow({ revision: 2, key: { id: "key_b" } }));
    await clock.advance(7_000);
    const asking = find("a");
    expect(reads.asked[2]!.revision).toBeNull();
    await reads.answer(2, snapshotRow({ revision: 2, key: { revoked_at: "2026-01-01T00:00:00Z" } }));
    expect(known(asking.result).key.revoked_at).not.toBeNull();
  });

  it("do not go back to an older answer that arrives late, but follow a database that was restored", async () => {
    const { clock, reads, find, warm } = setUp();
    find("a");
    await clock.advance(100);
    await warm("b", snapshotRow({ revision: 5, key: { id: "key_b" } }));
    await reads.answer(0, snapshotRow({ revision: 4 }));
    expect(known(await find("a").done).revision).toBe(5);
    await clock.advance(10_001);
    const restored = find("b");
    await reads.answer(2, snapshotRow({ revision: 2, key: { id: "key_b" } }));
    expect(known(restored.result).revision).toBe(2);
  });

  it("do not forget a key that a later read has found, whichever of the two answers comes first", async () => {
    for (const order of [
      [1, 0],
      [0, 1],
    ]) {
      const { clock, reads, find } = setUp();
      find("a");
      const other = find("a");
      await clock.advance(200);
      const answers = [null, snapshotRow()];
      for (const index of order) await reads.answer(index, answers[index]);
      expect(known(other.result).revision).toBe(1);
      expect(known(await find("a").done).revision).toBe(1);
      expect(reads.asked).toHaveLength(2);
    }
  });

  it("never see what is another tenant's", async () => {
    const { find, warm } = setUp();
    await warm("a", snapshotRow({ tenant: { id: "ten_a", status: "active" } }));
    await warm("b", snapshotRow({ revision: 9, tenant: { id: "ten_b", status: "suspended" } }));
    expect(await find("a").done).toMatchObject({ tenant: { tenantId: "ten_a", status: "active", revision: 1 } });
    expect(await find("b").done).toMatchObject({ tenant: { tenantId: "ten_b", status: "suspended", revision: 9 } });
  });
});

describe("bounds and bad rows", () => {
  it("forgets the tenant that was used longest ago when there are too many bytes", async () => {
    const rowBytes = JSON.stringify(snapshotRow()).length * 3 + 1_024;
    const { reads, find, warm } = setUp({ maxBytes: rowBytes * 4 + 100 });
    for (const name of ["a", "b", "c", "d"]) {
      await warm(name, snapshotRow({ tenant: { id: `ten_${name}`, status: "active" } }));
    }
    await find("a").done;
    await warm("e", snapshotRow({ tenant: { id: "ten_e", status: "active" } }));
    expect(reads.asked).toHaveLength(5);
    await find("a").done;
    expect(reads.asked).toHaveLength(5);
    find("b");
    expect(reads.asked).toHaveLength(6);
  });

  it("serves a tenant that is too big to keep without pushing out the others", async () => {
    const { reads, find, warm } = setUp({ maxBytes: 40_000 });
    await warm("a");
    const models = Array.from({ length: 60 }, (_, index) => ({
      id: `mdl_${index}`,
      slug: `model-${index}`,
      provider: "p",
      upstream_model: "m",
      prices: null,
      context_window: null,
      modalities: ["text" as const],
      capabilities: {},
      timeouts: {},
      created_at: "2026-01-01T00:00:00Z",
    }));
    const big = snapshotRow({ tenant: { id: "ten_big", status: "active" }, models });
    const asking = find("big");
    await reads.answer(1, big);
    expect(known(asking.result).revision).toBe(1);
    await find("a").done;
    expect(reads.asked).toHaveLength(2);
    find("big");
    expect(reads.asked).toHaveLength(3);
  });

  it.each([
    ["a row that does not fit its schema", { revision: 1, tenant: { id: "ten_secret_name" } }],
    ["an unchanged that nobody asked for", { revision: 7, unchanged: true }],
    ["something that is no row", "select"],
  ])("takes %s for a bug of ours and logs nothing of it", async (_name, row) => {
    const { reads, find, logged } = setUp();
    const asking = find("a");
    await reads.answer(0, row);
    expect(asking.result).toEqual({ kind: "broken" });
    expect(logged).toEqual(["snapshot_row_invalid"]);
  });

  it("serves the last good snapshot in place of a bad row", async () => {
    const { clock, reads, find, warm } = setUp();
    await warm("a");
    await clock.advance(11_000);
    const asking = find("a");
    await reads.answer(1, { revision: "2" });
    expect(known(asking.result)).toMatchObject({ revision: 1, stale: 11 });
  });
});

describe("whether a first read is needed", () => {
  it("is so for what was never asked, and not while it is asked, held or known to be nobody's", async () => {
    const { reads, cache, find } = setUp();
    expect(cache.needsFirstRead("a")).toBe(true);
    find("a");
    expect(cache.needsFirstRead("a")).toBe(false);
    await reads.answer(0, snapshotRow());
    expect(cache.needsFirstRead("a")).toBe(false);
    find("b");
    await reads.answer(1, null);
    expect(cache.needsFirstRead("b")).toBe(false);
  });
});
