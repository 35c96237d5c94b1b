import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/edge-path/manual-clock.ts";
import { ShadowCut } from "./shadow-cut.ts";

let clock: ManualClock;
let caller: AbortController;
let cut: ShadowCut;
beforeEach(() => {
  clock = new ManualClock();
  caller = new AbortController();
  cut = new ShadowCut(clock.sleep, 60_000, caller.signal);
});

const state = () => [cut.signal.aborted, cut.reason];

describe("a copy is cut off", () => {
  it("at its deadline", async () => {
    await clock.advance(59_999);
    expect(state()).toEqual([false, null]);
    await clock.advance(1);
    expect(state()).toEqual([true, "deadline"]);
  });

  it("20 s after its request is over, and not by the connection that ends then", async () => {
    await clock.advance(10_000);
    cut.requestOver();
    caller.abort();
    await clock.advance(19_999);
    expect(state()).toEqual([false, null]);
    await clock.advance(1);
    expect(state()).toEqual([true, "request_over"]);
  });

  it("at its deadline still, if that comes first", async () => {
    await clock.advance(50_000);
    cut.requestOver();
    await clock.advance(10_000);
    expect(state()).toEqual([true, "deadline"]);
  });

  it("when its caller goes, or has gone", () => {
    caller.abort();
    expect(state()).toEqual([true, "client_gone"]);
    cut = new ShadowCut(clock.sleep, 60_000, caller.signal);
    expect(state()).toEqual([true, "client_gone"]);
  });

  it("once, for the first reason, and never when it has ended; no timer is left", async () => {
    cut.cut("output_cap");
    caller.abort();
    await clock.advance(60_000);
    expect(cut.reason).toBe("output_cap");

    caller = new AbortController();
    cut = new ShadowCut(clock.sleep, 60_000, caller.signal);
    cut.requestOver();
    cut.stop();
    expect(clock.pending).toBe(0);
    caller.abort();
    cut.cut("deadline");
    expect(state()).toEqual([false, null]);
  });
});
