import { expect, test } from "vitest";
import type { PolicySet } from "../engines/engine.ts";
import { createPolicySets } from "./policy-sets.ts";

const set = (name: string) => [{ name, description: "d" }];

/** An engine whose preparations finish when the test says so. */
function manual(bytes = 10) {
  const begun: { set: PolicySet; done: (value: string) => void; fail: (error: Error) => void }[] = [];
  const engine = {
    prepare: (given: PolicySet) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      begun.push({ set: given, done: resolve, fail: reject });
      return promise;
    },
    bytesOf: () => bytes,
  };
  return { begun, engine };
}

test("callers of the same set share one preparation", async () => {
  const { begun, engine } = manual();
  const sets = createPolicySets(engine, 100);
  const [first, second] = [await sets.get(set("a")), await sets.get(set("a"))];
  begun[0]?.done("prepared");
  expect(await first.prepared).toBe("prepared");
  expect(await second.prepared).toBe("prepared");
  expect(begun).toHaveLength(1);
});

test("another description is another set", async () => {
  const { begun, engine } = manual();
  const sets = createPolicySets(engine, 100);
  await sets.get(set("a"));
  await sets.get([{ name: "a", description: "other words" }]);
  expect(begun).toHaveLength(2);
  expect(begun[0]?.set.digest).not.toBe(begun[1]?.set.digest);
});

test("a failed preparation is tried again by the next caller", async () => {
  const { begun, engine } = manual();
  const sets = createPolicySets(engine, 100);
  const { prepared } = await sets.get(set("a"));
  begun[0]?.fail(new Error("no memory"));
  await expect(prepared).rejects.toThrow("no memory");
  await sets.get(set("a"));
  expect(begun).toHaveLength(2);
});

test("the least recently used set goes when the bound is passed", async () => {
  const { begun, engine } = manual(40);
  const sets = createPolicySets(engine, 100);
  for (const name of ["a", "b"]) {
    const { prepared } = await sets.get(set(name));
    begun.at(-1)?.done(name);
    await prepared;
  }
  await sets.get(set("a"));
  const { prepared } = await sets.get(set("c"));
  begun.at(-1)?.done("c");
  await prepared;
  expect(sets.bytes()).toBeLessThanOrEqual(100);
  await sets.get(set("a"));
  expect(begun).toHaveLength(3);
  await sets.get(set("b"));
  expect(begun).toHaveLength(4);
});

test("a set larger than the whole bound is still served", async () => {
  const { begun, engine } = manual(1000);
  const sets = createPolicySets(engine, 100);
  const { prepared } = await sets.get(set("a"));
  begun[0]?.done("big");
  expect(await prepared).toBe("big");
});
