import { expect, test } from "vitest";
import { createTypicalTime } from "./typical-time.ts";

test("nothing is typical before something was seen; then one odd time does not move it", () => {
  const typical = createTypicalTime();
  expect(typical.get()).toBeNull();
  for (const ms of [10, 12, 11, 30_000, 10]) typical.observe(ms);
  expect(typical.get()).toBe(11);
});

test("what has changed for good becomes typical", () => {
  const typical = createTypicalTime();
  for (let n = 0; n < 100; n += 1) typical.observe(10);
  for (let n = 0; n < 20; n += 1) typical.observe(90);
  expect(typical.get()).toBe(90);
});
