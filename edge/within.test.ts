import { describe, expect, it } from "vitest";
import { ManualClock, settled } from "../test/edge-path/manual-clock.ts";
import { within } from "./within.ts";

describe("work with a time limit", () => {
  it("gives its result and leaves no timer behind", async () => {
    const clock = new ManualClock();
    expect(await within(clock.sleep, 100, () => Promise.resolve("done"))).toBe("done");
    expect(clock.pending).toBe(0);
  });

  it("rejects as the work does", async () => {
    const clock = new ManualClock();
    const failing = within(clock.sleep, 100, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(clock.pending).toBe(0);
  });

  it("is late at the limit, aborts the work and does not care how that ends", async () => {
    const clock = new ManualClock();
    const signals: AbortSignal[] = [];
    const result = within(clock.sleep, 100, (signal) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    });
    await clock.advance(99);
    expect(signals[0]!.aborted).toBe(false);
    await clock.advance(1);
    expect(await result).toBe("late");
    expect(signals[0]!.aborted).toBe(true);
    await settled();
  });
});
