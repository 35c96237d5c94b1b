import { describe, expect, it } from "vitest";
import { Breaker } from "./breaker.ts";

const opened = (now = 0): Breaker => {
  const breaker = new Breaker();
  for (let failure = 0; failure < 5; failure += 1) breaker.failed(now);
  return breaker;
};

describe("a breaker", () => {
  it("opens after five failures in a row and not before", () => {
    const breaker = new Breaker();
    for (let failure = 0; failure < 4; failure += 1) breaker.failed(0);
    breaker.succeeded();
    for (let failure = 0; failure < 4; failure += 1) breaker.failed(0);
    expect(breaker.admit(0)).toBe(true);
    breaker.failed(0);
    expect(breaker.admit(0)).toBe(false);
  });

  it("lets one call through after the cool-down, and all once that succeeded", () => {
    const breaker = opened();
    expect(breaker.admit(4_999)).toBe(false);
    expect([breaker.admit(5_000), breaker.admit(5_000)]).toEqual([true, false]);
    breaker.succeeded();
    expect([breaker.admit(5_001), breaker.admit(5_001)]).toEqual([true, true]);
  });

  it("stays open for another cool-down when the probe fails", () => {
    const breaker = opened();
    breaker.admit(5_000);
    breaker.failed(5_100);
    expect([breaker.admit(10_099), breaker.admit(10_100)]).toEqual([false, true]);
  });

  it("lets the next one probe when the prober's client left, at once", () => {
    const breaker = opened();
    breaker.admit(5_000);
    breaker.inconclusive(5_100);
    expect([breaker.admit(5_100), breaker.admit(5_100)]).toEqual([true, false]);
  });

  it("lets another one probe later when the prober was never heard of again", () => {
    const breaker = opened();
    breaker.admit(5_000);
    expect([breaker.admit(9_999), breaker.admit(10_000)]).toEqual([false, true]);
  });

  it("takes calls whose client left neither for failures nor for the end of them", () => {
    const breaker = new Breaker();
    for (let call = 0; call < 10; call += 1) breaker.inconclusive(0);
    expect(breaker.admit(0)).toBe(true);
    for (let failure = 0; failure < 5; failure += 1) {
      breaker.failed(0);
      breaker.inconclusive(0);
    }
    expect(breaker.admit(0)).toBe(false);
  });

  it("is not closed by calls of before that fail late", () => {
    const breaker = opened();
    breaker.failed(3_000);
    expect([breaker.admit(5_000), breaker.admit(8_000)]).toEqual([false, true]);
  });
});
