import { describe, expect, it } from "vitest";
import { sleep } from "./sleep.ts";
import { Stopper } from "./stopper.ts";

describe("a stopper", () => {
  it("ends a wait at once, one that has begun and one that begins afterwards", async () => {
    const stopper = new Stopper();
    const ended: string[] = [];
    const begun = sleep(1_000_000, stopper).then(() => ended.push("begun"));
    stopper.stop();
    await begun;
    await sleep(1_000_000, stopper);
    expect(ended).toEqual(["begun"]);
    expect(stopper.aborted).toBe(true);
  });

  it("tells each listener once, and those that left not at all", () => {
    const stopper = new Stopper();
    const told: string[] = [];
    const left = (): void => void told.push("left");
    stopper.addEventListener("abort", () => told.push("first"));
    stopper.addEventListener("abort", left);
    stopper.removeEventListener("abort", left);
    stopper.stop();
    stopper.stop();
    expect(told).toEqual(["first"]);
  });
});
