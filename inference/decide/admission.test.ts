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
    released(await (entries.get(label) ?? Promise.reject(new Error(label))))();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { order, enter, finish };
}

test("no more than `concurrency` run at once; a place given back twice counts once", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 5 });
  const first = released(await admission.enter("a", open()));
  const second = admission.enter("a", open());
  expect([admission.running(), admission.waiting()]).toEqual([1, 1]);
  first();
  first();
  released(await second);
  expect([admission.running(), admission.waiting()]).toEqual([1, 0]);
});

test("a tenant with one waiting decision does not wait behind a hundred of another's", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 200 });
  const { order, enter, finish } = recorder(admission);
  for (let n = 0; n < 100; n += 1) enter("busy", `busy-${n}`);
  enter("quiet", "quiet-0");
  await finish("busy-0");
  await finish(order.at(-1)?.split(" ")[0] ?? "");
  expect(order.slice(0, 3)).toContain("quiet-0 admitted");
});

test("a full queue refuses the tenant that fills it and makes room for one that does not", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 4 });
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
  const admission = createAdmission({ concurrency: 1, queueLimit: 1 });
  const running = released(await admission.enter("a", open()));
  const caller = new AbortController();
  const waiting = admission.enter("a", caller.signal);
  caller.abort();
  expect(codeOf(await waiting)).toBe("deadline_exceeded");
  expect(admission.waiting()).toBe(0);
  const next = admission.enter("a", open());
  running();
  expect(codeOf(await next)).toBe("admitted");
});

test("a caller that is already gone gets no place", async () => {
  const admission = createAdmission({ concurrency: 1, queueLimit: 1 });
  expect(codeOf(await admission.enter("a", AbortSignal.abort()))).toBe("deadline_exceeded");
  expect(admission.running()).toBe(0);
});
