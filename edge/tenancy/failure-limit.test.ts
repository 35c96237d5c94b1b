import { describe, expect, it } from "vitest";
import { FailureLimit } from "./failure-limit.ts";

const spend = (limit: FailureLimit, address: string, times: number, now = 0): (number | null)[] =>
  Array.from({ length: times }, () => limit.take(address, now));

describe("failures of one address", () => {
  it("are allowed in a burst, then at a rate, and the wait is said in whole seconds", () => {
    const limit = new FailureLimit({ burst: 3, perSecond: 0.25 });
    expect(spend(limit, "192.0.2.1", 4)).toEqual([null, null, null, 4]);
    expect(limit.take("192.0.2.1", 3_000)).toBe(1);
    expect(limit.take("192.0.2.1", 4_000)).toBeNull();
    expect(limit.take("192.0.2.1", 4_000)).toBe(4);
  });

  it("never gather more than a burst, and a clock that steps back takes nothing away", () => {
    const limit = new FailureLimit({ burst: 2, perSecond: 10 });
    spend(limit, "192.0.2.1", 1, 50_000);
    expect(spend(limit, "192.0.2.1", 2, 40_000)).toEqual([null, 1]);
    expect(spend(limit, "192.0.2.1", 3, 900_000)).toEqual([null, null, 1]);
  });

  it("are given back when they turn out to be none", () => {
    const limit = new FailureLimit({ burst: 1, perSecond: 1 });
    limit.take("192.0.2.1", 0);
    limit.giveBack("192.0.2.1", 0);
    limit.giveBack("192.0.2.1", 0);
    expect(spend(limit, "192.0.2.1", 2)).toEqual([null, 1]);
  });

  it.each([
    ["192.0.2.1", "192.0.2.2", false],
    ["2001:db8:1:2::1", "2001:0DB8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["2001:db8::1", "2001:db8:0:0:1::", true],
    ["::1", "::2", true],
    ["::1", "1::", false],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["unknown:production", "unknown:development", false],
  ])("of %s count for %s: %s", (one, other, shared) => {
    const limit = new FailureLimit({ burst: 1, perSecond: 0.001 });
    limit.take(one, 0);
    expect(limit.take(other, 0) !== null).toBe(shared);
  });
});
