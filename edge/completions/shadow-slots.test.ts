import { describe, expect, it } from "vitest";
import { ShadowSlots } from "./shadow-slots.ts";

const taking = (tenantId: string, characters = 1_000) => ({ tenantId, characters, lifetimeMs: 60_000 });

describe("an isolate's places for copies", () => {
  it("are few for one tenant, more for all, and given back", () => {
    const slots = new ShadowSlots();
    const take = (tenantId: string) => slots.take(0, taking(tenantId));
    const taken = Array.from({ length: 8 }, () => take("a"));
    expect(taken).not.toContain(null);
    expect(take("a")).toBeNull();
    expect(Array.from({ length: 8 }, (_, index) => take(index % 2 === 0 ? "b" : "c"))).not.toContain(null);
    expect(take("d"), "no tenant's: the isolate is full").toBeNull();
    taken[0]?.();
    expect(take("d")).not.toBeNull();
  });

  it("hold so many characters, of one tenant and of all", () => {
    const slots = new ShadowSlots();
    expect(slots.take(0, taking("a", 4_000_001))).toBeNull();
    expect(slots.take(0, taking("a", 4_000_000))).not.toBeNull();
    expect(slots.take(0, taking("a", 1))).toBeNull();
    expect(slots.take(0, taking("b", 4_000_000))).not.toBeNull();
    expect(slots.take(0, taking("c", 1))).toBeNull();
  });

  it("come back by themselves when what took them was torn down; giving one back twice frees no other", () => {
    const slots = new ShadowSlots();
    for (let n = 0; n < 8; n += 1) slots.take(n, taking("a"));
    expect(slots.take(59_999, taking("a"))).toBeNull();
    const release = slots.take(60_000, taking("a"));
    expect(release).not.toBeNull();
    expect(slots.take(60_000, taking("a"))).toBeNull();
    release?.();
    release?.();
    expect(slots.take(60_000, taking("a"))).not.toBeNull();
    expect(slots.take(60_000, taking("a"))).toBeNull();
  });
});
