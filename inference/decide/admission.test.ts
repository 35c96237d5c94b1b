import { expect, test } from "vitest";
import type { Result } from "../errors.ts";
import { createAdmission } from "./admission.ts";
import type { Release } from "./admission.ts";

const open = (): AbortSignal => new AbortController().signal;

function released(result: Result<Release>): Release {
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
}

const codeOf = (result: Result<Release>): string => (result.ok ? "admitted" : result.refusal.code);

/** Enters and keeps the order in which entries are admitted. */
function recorder(admission: ReturnType<typeof createAdmission>) {
  const order: string[] = [];
  const entries = new Map<string, Promise<Result<Release>>>();
  const enter = (isolation: string, label: string): void => {
    const entered = admission.enter(isolation, open()).then((result) => {
      order.push(`${label} ${codeOf(result)}`);
      return result;
    });
    entries.set(label, entered);
  };
  const finish = async (label: string): Promise<void> => {
    released(await (entries.get(label) ?? Promise.reject(new Error(label))))(true);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { order, enter, finish };
}

test("no more than `concurrency` run at once; a place given back twice counts once", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 5, now: () => 0 });
  const first = released(await admission.enter("a", open()));
  const second = admission.enter("a", open());
  expect([admission.running(), admission.waiting()]).toEqual([1, 1]);
  first(true);
  first(true);
  released(await second);
  expect([admission.running(), admission.waiting()]).toEqual([1, 0]);
});

test("a tenant with one waiting decision does not wait behind a hundred of another's", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 200, now: () => 0 });
  const { order, enter, finish } = recorder(admission);
  for (let n = 0; n < 100; n += 1) enter("busy", `busy-${n}`);
  enter("quiet", "quiet-0");
  await finish("busy-0");
  await finish(order.at(-1)?.split(" ")[0] ?? "");
  expect(order.slice(0, 3)).toContain("quiet-0 admitted");
});

test("a full queue refuses the tenant that fills it and makes room for one that does not", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 4, now: () => 0 });
  const { order, enter } = recorder(admission);
  for (let n = 0; n < 5; n += 1) enter("busy", `busy-${n}`);
  const over = await admission.enter("busy", open());
  expect(over).toMatchObject({ ok: false, refusal: { code: "overloaded", retryAfterSeconds: 1 } });
  enter("quiet", "quiet-0");
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(["busy-0 admitted", "busy-4 overloaded"]);
  expect(admission.waiting()).toBe(4);
});

test("a deadline that passes in the queue frees the place in line", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 1, now: () => 0 });
  const running = released(await admission.enter("a", open()));
  const caller = new AbortController();
  const waiting = admission.enter("a", caller.signal);
  caller.abort();
  expect(codeOf(await waiting)).toBe("deadline_exceeded");
  expect(admission.waiting()).toBe(0);
  const next = admission.enter("a", open());
  running(true);
  expect(codeOf(await next)).toBe("admitted");
});

test("what ends without a decision is no measure of one, but for having taken longer", async () => {
  let clock = 0;
  const admission = createAdmission({ concurrency: 1, queueLimit: 100, now: () => clock });
  const spend = async (ms: number, answered: boolean): Promise<void> => {
    const done = released(await admission.enter("a", open()));
    clock += ms;
    done(answered);
  };
  for (let n = 0; n < 10; n += 1) await spend(100, true);
  for (let n = 0; n < 30; n += 1) await spend(1, false);
  await admission.enter("a", open());
  expect(codeOf(await admission.enter("a", open(), clock + 149))).toBe("overloaded");

  const slowOnes = createAdmission({ concurrency: 1, queueLimit: 100, now: () => clock });
  const done = released(await slowOnes.enter("a", open()));
  clock += 225;
  done(false);
  await slowOnes.enter("a", open());
  expect(codeOf(await slowOnes.enter("a", open(), clock + 300))).toBe("overloaded");
});

/** An engine of one place whose decisions have been taking 100 ms, and whose clock stands at 1,000. */
async function busyEngine() {
  let clock = 0;
  const admission = createAdmission({ concurrency: 1, queueLimit: 100, now: () => clock });
  for (let n = 0; n < 10; n += 1) {
    const done = released(await admission.enter("a", open()));
    clock += 100;
    done(true);
  }
  const running = released(await admission.enter("a", open()));
  return { admission, running, at: (ms: number) => clock + ms };
}

test("what could not be done by its deadline is refused at once, with a time to come back", async () => {
  const { admission, at } = await busyEngine();
  expect(await admission.enter("a", open(), at(149))).toMatchObject({
    ok: false,
    refusal: { code: "overloaded", retryAfterSeconds: 1 },
  });
  void admission.enter("a", open(), at(150));
  expect(admission.waiting()).toBe(1);
  for (let n = 1; n < 30; n += 1) void admission.enter("a", open(), at(60_000));
  expect(await admission.enter("a", open(), at(3_000))).toMatchObject({ refusal: { retryAfterSeconds: 4 } });
  void admission.enter("a", open(), at(3_200));
  expect(admission.waiting()).toBe(31);
});

test("a tenant's chances are those of its own share: another's long line does not count against it", async () => {
  const { admission, at } = await busyEngine();
  for (let n = 0; n < 50; n += 1) void admission.enter("busy", open(), at(60_000));
  expect(codeOf(await admission.enter("busy", open(), at(1_000)))).toBe("overloaded");
  void admission.enter("quiet", open(), at(300));
  expect(admission.waiting()).toBe(51);
});

test("what finds a place free is never refused, however long decisions took before", async () => {
  const { admission, running, at } = await busyEngine();
  running(true);
  expect(codeOf(await admission.enter("a", open(), at(10)))).toBe("admitted");
});

test("a caller that is already gone gets no place", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 1, now: () => 0 });
  expect(codeOf(await admission.enter("a", AbortSignal.abort()))).toBe("deadline_exceeded");
  expect(admission.running()).toBe(0);
});
