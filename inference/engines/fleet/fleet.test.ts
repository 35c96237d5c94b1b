import { describe, expect, test } from "vitest";
import { manualDeps } from "../../../test/inference/manual-deps.ts";
import type { ManualDeps } from "../../../test/inference/manual-deps.ts";
import { createFleet } from "./fleet.ts";
import type { Attempt } from "./fleet.ts";

type Behaviour = (signal: AbortSignal) => Promise<Attempt<string>>;

const well =
  (text: string): Behaviour =>
  () =>
    Promise.resolve({ verdict: "answered", result: text });
const says =
  (verdict: "done" | "elsewhere" | "troubled" | "gone"): Behaviour =>
  () =>
    Promise.resolve({ verdict, result: verdict });
/** Takes the question and says nothing until it is called off. */
const silent: Behaviour = (signal) =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve({ verdict: "gone", result: "called off" }), { once: true });
  });

const takes =
  ({ schedule }: ManualDeps, ms: number, text: string): Behaviour =>
  (signal) =>
    new Promise((resolve) => {
      schedule(ms, () => resolve({ verdict: "answered", result: text }));
      signal.addEventListener("abort", () => resolve({ verdict: "gone", result: "called off" }), { once: true });
    });

/** One decision at a time, in order of arrival; one that is begun is ended, though nobody may wait for it any more. */
function oneByOne({ schedule }: ManualDeps, ms: number): Behaviour {
  const queue: (() => void)[] = [];
  let isBusy = false;
  const next = (): void => {
    const answer = isBusy ? undefined : queue.shift();
    if (answer === undefined) return;
    isBusy = true;
    schedule(ms, () => {
      isBusy = false;
      answer();
      next();
    });
  };
  return (signal) =>
    new Promise((resolve) => {
      const answer = (): void => resolve({ verdict: "answered", result: "in turn" });
      const leave = (): void => {
        const at = queue.indexOf(answer);
        if (at !== -1) queue.splice(at, 1);
        resolve({ verdict: "gone", result: "called off" });
      };
      signal.addEventListener("abort", leave, { once: true });
      queue.push(answer);
      next();
    });
}

interface Server {
  readonly url: string;
  healthy: boolean;
  /** Null where it does not say. */
  load: number | null;
  warmUps: number;
  behaviour: Behaviour;
}

function setUp(count: number, { hosted = false } = {}) {
  const deps = manualDeps();
  const servers = Array.from({ length: count }, (_, index): Server => ({
    url: `http://replica-${String(index)}`,
    healthy: true,
    load: 0,
    warmUps: 0,
    behaviour: well(`from ${String(index)}`),
  }));
  const looks: string[] = [];
  const of = (url: string) => servers.find((server) => server.url === url)!;
  const fleet = createFleet(
    {
      name: "big",
      baseUrls: servers.map(({ url }) => url),
      prove: hosted
        ? null
        : (url, warm) => {
            if (warm) looks.push(url);
            else of(url).warmUps += 1;
            return Promise.resolve(of(url).healthy && (warm || of(url).behaviour !== silent));
          },
      loadOf: hosted ? null : (url) => Promise.resolve(of(url).load),
    },
    deps,
  );
  const asked: string[] = [];
  const ask = (digest = "set", deadlineMs = 1_000, signal = deps.timeout(deadlineMs)) =>
    fleet.ask<string>({
      digest,
      signal,
      deadlineAt: deps.now() + deadlineMs,
      attempt: (url, limit) => {
        asked.push(url);
        return of(url).behaviour(limit);
      },
    });
  /** The server that is first in line for a policy set, and the others. */
  const inLine = async (digest = "set") => {
    asked.length = 0;
    await ask(digest);
    const first = of(asked.at(-1)!);
    asked.length = 0;
    return { first, others: servers.filter((server) => server !== first) };
  };
  return { deps, servers, fleet, asked, looks, ask, inLine };
}

describe("a replica", () => {
  test("is ready once it has proved itself, and not before", async () => {
    const { deps, servers, fleet, ask } = setUp(1);
    servers[0]!.healthy = false;
    fleet.start();
    await deps.advance(5_000);
    expect([fleet.ready(), await ask()]).toEqual([false, null]);
    servers[0]!.healthy = true;
    await deps.advance(1_000);
    expect([fleet.ready(), await ask()]).toEqual([true, "from 0"]);
  });

  test("of a hosted service is ready at once and comes back after its rest", async () => {
    const { deps, servers, fleet, ask } = setUp(1, { hosted: true });
    fleet.start();
    servers[0]!.behaviour = says("gone");
    expect([await ask(), fleet.ready()]).toEqual(["gone", false]);
    await deps.advance(1_000);
    expect(fleet.ready()).toBe(true);
  });

  test("that fails two health checks in a row is taken out, and proves itself anew", async () => {
    const { deps, servers, fleet } = setUp(1);
    fleet.start();
    await deps.advance(0);
    servers[0]!.healthy = false;
    await deps.advance(5_000);
    servers[0]!.healthy = true;
    await deps.advance(1_000);
    servers[0]!.healthy = false;
    await deps.advance(5_000);
    expect(fleet.ready()).toBe(true);
    await deps.advance(1_000);
    expect(fleet.ready()).toBe(false);
    servers[0]!.healthy = true;
    await deps.advance(1_000);
    expect([fleet.ready(), servers[0]!.warmUps]).toEqual([true, 2]);
  });

  test("that falls and is back within a look of its health is looked at once at a time", async () => {
    const { deps, fleet, ask, servers, looks } = setUp(1);
    fleet.start();
    await deps.advance(0);
    for (let fall = 0; fall < 3; fall += 1) {
      servers[0]!.behaviour = says("gone");
      await ask();
      await deps.advance(1_000);
    }
    expect(fleet.ready()).toBe(true);
    looks.length = 0;
    await deps.advance(50_000);
    expect(looks).toHaveLength(10);
  });

  test("that decides is believed more than its health check while no other is left", async () => {
    const { deps, servers, fleet, ask } = setUp(2);
    fleet.start();
    await deps.advance(0);
    for (const server of servers) server.healthy = false;
    for (let second = 0; second < 20; second += 1) {
      expect(await ask()).toMatch(/^from/);
      await deps.advance(1_000);
    }
    expect(fleet.size().ready).toBe(1);
    await deps.advance(7_000);
    expect(fleet.ready()).toBe(false);
  });

  /** Seconds that a replica which is gone whenever it is asked rests after each of its falls. */
  async function restsOf(count: number, falls: number) {
    const setting = setUp(count, { hosted: true });
    const { deps, fleet, ask, inLine } = setting;
    fleet.start();
    const { first } = await inLine();
    first.behaviour = says("gone");
    const rests: number[] = [];
    for (let fall = 0; fall < falls; fall += 1) {
      await ask();
      const since = deps.now();
      while (fleet.size().ready < count) await deps.advance(500);
      rests.push((deps.now() - since) / 1_000);
    }
    return { ...setting, first, rests };
  }

  test("that flaps rests twice as long after each fall, and no longer than a minute", async () => {
    const { deps, fleet, ask, first, rests } = await restsOf(2, 8);
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    first.behaviour = well("back");
    await deps.advance(61_000);
    first.behaviour = says("gone");
    await ask();
    await deps.advance(1_000);
    expect(fleet.size().ready).toBe(2);
  });

  test("that flaps rests no longer than a second when it is the only one", async () => {
    expect((await restsOf(1, 5)).rests).toEqual([1, 1, 1, 1, 1]);
  });

  test("whose connection broke once is asked again on another", async () => {
    const { deps, fleet, ask, asked, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first } = await inLine();
    first.behaviour = (signal) => {
      first.behaviour = well("after all");
      return says("gone")(signal);
    };
    expect(await ask()).toBe("after all");
    expect([asked, fleet.size().ready]).toEqual([[first.url, first.url], 2]);
  });
});

describe("policy sets", () => {
  test("stay with their replica, and only those of a replica that falls move", async () => {
    const { deps, servers, fleet, ask } = setUp(4);
    fleet.start();
    await deps.advance(0);
    const digests = Array.from({ length: 60 }, (_, n) => `set ${String(n)}`);
    const owners = async () => {
      const found: unknown[] = [];
      for (const digest of digests) found.push(await ask(digest));
      return found;
    };
    const before = await owners();
    expect(new Set(before).size).toBe(4);
    servers[0]!.healthy = false;
    await deps.advance(6_000);
    const after = await owners();
    before.forEach((owner, index) => {
      if (owner !== "from 0") expect([digests[index], after[index]]).toEqual([digests[index], owner]);
      else expect(after[index]).not.toBe("from 0");
    });
  });

  test("spill over to the next in line when their replica has more than its share", async () => {
    const { deps, fleet, ask, asked, inLine } = setUp(3);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    for (const server of [first, ...others]) server.behaviour = silent;
    const caller = new AbortController();
    const asking = Array.from({ length: 9 }, () => ask("set", 60_000, caller.signal));
    const counts = [first, ...others].map(({ url }) => asked.filter((one) => one === url).length);
    expect(counts.reduce((a, b) => a + b)).toBe(9);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    caller.abort();
    expect(new Set(await Promise.all(asking))).toEqual(new Set(["late"]));
  });

  test("avoid a replica that others keep busy, by its own account, also when it is too busy to tell", async () => {
    const { deps, fleet, ask, inLine } = setUp(3);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    first.load = 50;
    await deps.advance(5_000);
    const fromOthers = others.map(({ url }) => `from ${url.at(-1)!}`);
    expect(fromOthers).toContain(await ask());
    first.load = null;
    await deps.advance(5_000);
    expect(fromOthers).toContain(await ask());
  });
});

describe("a decision", () => {
  test.each(["elsewhere", "troubled", "gone"] as const)("goes to the next replica when one is %s", async (verdict) => {
    const { deps, fleet, ask, asked, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    first.behaviour = says(verdict);
    expect(await ask()).toBe(`from ${others[0]!.url.at(-1)!}`);
    const tries = verdict === "gone" ? 2 : 1;
    expect(asked).toEqual([...Array.from({ length: tries }, () => first.url), others[0]!.url]);
    expect(fleet.size()).toEqual({ ready: verdict === "gone" ? 1 : 2, all: 2 });
  });

  test("leaves a replica that says nothing half-way to its deadline, and still comes in time", async () => {
    const { deps, fleet, ask, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    first.behaviour = silent;
    const asking = ask("set", 400);
    await deps.advance(200);
    expect(await asking).toBe(`from ${others[0]!.url.at(-1)!}`);
    expect(deps.now()).toBe(200);
  });

  test("is waited for where answers take longer than a share of the time, once that is known", async () => {
    const { deps, servers, fleet, ask } = setUp(3);
    fleet.start();
    await deps.advance(0);
    for (const server of servers) server.behaviour = takes(deps, 140, "slowly");
    const ends: unknown[] = [];
    for (let round = 0; round < 4; round += 1) {
      void ask("set", 225).then((end) => ends.push(end));
      await deps.advance(225);
    }
    expect(ends).toEqual(["late", "slowly", "slowly", "slowly"]);
    expect(fleet.size().ready).toBe(3);
  });

  test("waits on where the replica that it would have been taken to fell in the meantime", async () => {
    const { deps, fleet, ask, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    let ofOther = 0;
    while ((await inLine(`set ${String(ofOther)}`)).first === first) ofOther += 1;
    first.behaviour = takes(deps, 300, "slowly");
    others[0]!.behaviour = says("gone");
    const asking = ask("set", 400);
    void ask(`set ${String(ofOther)}`, 400);
    await deps.advance(300);
    expect(await asking).toBe("slowly");
  });

  test("of the only replica waits until the deadline", async () => {
    const { deps, servers, fleet, ask } = setUp(1);
    fleet.start();
    await deps.advance(0);
    servers[0]!.behaviour = silent;
    let end: unknown = "waiting";
    void ask("set", 400).then((result) => (end = result));
    await deps.advance(399);
    expect(end).toBe("waiting");
    await deps.advance(1);
    expect(end).toBe("late");
  });

  test("asks as many as eight replicas and gives what the last one said", async () => {
    const { deps, servers, fleet, ask, asked } = setUp(10);
    fleet.start();
    await deps.advance(0);
    for (const server of servers) server.behaviour = says("elsewhere");
    expect(await ask()).toBe("elsewhere");
    expect(asked).toHaveLength(8);
  });
});

describe("trouble", () => {
  test("three times in a row takes a replica out; a good answer in between forgives; the last one stays", async () => {
    const { deps, fleet, ask, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first, others } = await inLine();
    const good = first.behaviour;
    for (const behaviour of [says("troubled"), says("troubled"), good, says("troubled"), says("troubled")]) {
      first.behaviour = behaviour;
      await ask();
    }
    expect(fleet.size().ready).toBe(2);
    first.behaviour = says("troubled");
    others[0]!.behaviour = says("troubled");
    await ask();
    expect(fleet.size().ready).toBe(1);
    for (let round = 0; round < 5; round += 1) expect(await ask()).toBe("troubled");
    expect(fleet.size().ready).toBe(1);
  });

  test.each([20, 60, 150])(
    "is silence while others answer in %i ms, at the deadlines that decisions have",
    async (typicalMs) => {
      const { deps, fleet, ask, servers } = setUp(2);
      fleet.start();
      await deps.advance(0);
      for (const server of servers) server.behaviour = takes(deps, typicalMs, "in time");
      const digests = Array.from({ length: 8 }, (_, set) => `set ${String(set)}`);
      const round = async () => {
        const ends: unknown[] = [];
        for (const digest of digests) {
          void ask(digest, 225).then((end) => ends.push(end));
          await deps.advance(225);
        }
        return ends;
      };
      await round();
      servers[0]!.behaviour = silent;
      const ends = [...(await round()), ...(await round()), ...(await round())];
      expect(fleet.inOrder("set")).toEqual([servers[1]!.url]);
      // Where an answer takes more than half of the time, nobody can be asked after a silence: those are lost.
      expect(ends.filter((end) => end !== "in time").length).toBeLessThanOrEqual(typicalMs > 112 ? 5 : 0);
    },
  );

  test("is not the silence of all, which is the load", async () => {
    const { deps, fleet, ask, servers } = setUp(3);
    fleet.start();
    await deps.advance(0);
    for (const server of servers) server.behaviour = takes(deps, 60, "in time");
    const burst = async () => {
      const asking = Array.from({ length: 12 }, (_, set) => ask(`set ${String(set)}`, 225));
      await deps.advance(225);
      return new Set(await Promise.all(asking));
    };
    expect(await burst()).toEqual(new Set(["in time"]));
    for (const server of servers) server.behaviour = silent;
    for (let again = 0; again < 20; again += 1) expect(await burst()).toEqual(new Set(["late"]));
    expect(fleet.size().ready).toBe(3);
    for (const server of servers) server.behaviour = takes(deps, 60, "in time");
    expect(await burst()).toEqual(new Set(["in time"]));
    expect(fleet.size().ready).toBe(3);
  });

  test("is none where there is more to decide than all can: they stay, and decide what they can", async () => {
    const { deps, fleet, ask, servers } = setUp(3);
    fleet.start();
    await deps.advance(0);
    for (const server of servers) server.behaviour = oneByOne(deps, 60);
    const ends: unknown[] = [];
    for (let set = 0; set < 1_000; set += 1) {
      void ask(`set ${String((set * 37) % 97)}`, 225).then((end) => ends.push(end));
      await deps.advance(18);
    }
    expect(fleet.size().ready).toBe(3);
    expect(ends.filter((end) => end === "in turn").length).toBeGreaterThan(333);
  });

  test("is none where all have become slow: they are waited for again after a few", async () => {
    const { deps, fleet, ask, servers } = setUp(3);
    fleet.start();
    await deps.advance(0);
    const ends: unknown[] = [];
    for (let round = 0; round < 100; round += 1) {
      for (const server of servers) server.behaviour = takes(deps, round < 30 ? 20 : 140, "in time");
      void ask(`set ${String(round)}`, 225).then((end) => ends.push(end));
      await deps.advance(225);
    }
    expect(ends.slice(0, 30)).not.toContain("late");
    expect(ends.slice(70)).not.toContain("late");
    expect(fleet.size().ready).toBe(3);
  });

  test("is no sum of silences with other answers between them", async () => {
    const { deps, fleet, ask, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first } = await inLine();
    for (let round = 0; round < 5; round += 1) {
      first.behaviour = silent;
      const asking = ask("set", 225);
      await deps.advance(225);
      await asking;
      first.behaviour = says("done");
      await ask();
    }
    expect(fleet.size().ready).toBe(2);
  });

  test("is learnt of from answers: what no replica would decide is neither quick nor good", async () => {
    const { deps, fleet, ask, servers } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const ends: unknown[] = [];
    for (let round = 0; round < 60; round += 1) {
      for (const server of servers) server.behaviour = round % 2 === 0 ? says("done") : takes(deps, 150, "in time");
      void ask("set", 225).then((end) => ends.push(end));
      await deps.advance(225);
    }
    expect(ends.filter((end) => end === "late").length).toBeLessThanOrEqual(1);
    expect(fleet.size().ready).toBe(2);
  });

  test("is silence much longer than answers take; hasty deadlines of one caller are none", async () => {
    const { deps, fleet, ask, inLine } = setUp(2);
    fleet.start();
    await deps.advance(0);
    const { first } = await inLine();
    first.behaviour = silent;
    for (let round = 0; round < 10; round += 1) {
      const asking = ask("set", 20);
      await deps.advance(20);
      await asking;
    }
    expect(fleet.size().ready).toBe(2);
    for (let round = 0; round < 3; round += 1) {
      expect(fleet.size().ready).toBe(2);
      const asking = ask("set", 2_400);
      await deps.advance(1_200);
      await asking;
    }
    expect(fleet.size().ready).toBe(1);
  });
});

test("when the caller leaves, the replica is called off and no other is asked", async () => {
  const { deps, fleet, ask, asked, inLine } = setUp(3);
  fleet.start();
  await deps.advance(0);
  const { first } = await inLine();
  first.behaviour = silent;
  const caller = new AbortController();
  const asking = ask("set", 60_000, caller.signal);
  caller.abort();
  expect(await asking).toBe("late");
  expect(asked).toEqual([first.url]);
});

test("a stopped fleet asks nobody any more", async () => {
  const { deps, servers, fleet } = setUp(1);
  fleet.start();
  await deps.advance(0);
  fleet.stop();
  servers[0]!.healthy = false;
  await deps.advance(600_000);
  expect(fleet.ready()).toBe(true);
  expect(servers[0]!.warmUps).toBe(1);
});
