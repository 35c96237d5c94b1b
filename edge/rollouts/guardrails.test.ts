import { describe, expect, it } from "vitest";
import { allGuardrails, AS_CONTROL, moments, normal, share, tallies } from "../../infra/simulate/arms.ts";
import { seeded } from "../../infra/simulate/seeded.ts";
import { findBreach, type Guardrail } from "./guardrails.ts";
import type { MomentsBatch } from "./mean-evidence.ts";
import type { ScoreLimit } from "./score-evidence.ts";
import type { TallyBatch } from "./share-evidence.ts";

const MINIMUM = 100;

describe("guardrails looked at after every batch", () => {
  it("abort at most one in twenty rollouts of equal arms over a week of half-hourly looks", () => {
    const week = { control: 40, candidate: 10, batches: 7 * 48 };
    const aborted = share(300, (random) => findBreach(allGuardrails(random, week, 0.02, 0.02), MINIMUM) !== null);
    expect(aborted).toBeLessThanOrEqual(0.05);
  });

  it.each([
    { rate: 0.04, within: 2_000 },
    { rate: 0.06, within: 500 },
  ])("catch errors that rise from 2 % to $rate within $within requests of the candidate", ({ rate, within }) => {
    const traffic = { control: 475, candidate: 25, batches: within / 25 };
    const caught = share(
      300,
      (random) => findBreach(allGuardrails(random, traffic, 0.02, rate), MINIMUM)?.guardrail === "errors",
    );
    expect(caught).toBeGreaterThanOrEqual(0.9);
  });

  it.each([
    { rate: 0.04, within: 2_000 },
    { rate: 0.06, within: 700 },
  ])("catch errors that rise to $rate after 5,000 good requests within $within more", ({ rate, within }) => {
    const good = 5_000 / 25;
    const traffic = { control: 475, candidate: 25, batches: good + within / 25 };
    const caught = share(200, (random) => {
      const guardrails = allGuardrails(random, traffic, 0.02, (batch) => (batch < good ? 0.02 : rate));
      const breach = findBreach(guardrails, MINIMUM);
      return breach?.guardrail === "errors" && breach.batch >= good;
    });
    expect(caught).toBeGreaterThanOrEqual(0.9);
  });

  it("catch an error rate over a bound of its own without looking at the control arm", () => {
    const traffic = { control: 0, candidate: 25, batches: 80 };
    const guardrail = (random: () => number, rate: number): Guardrail => {
      const batches = tallies(random, traffic, 0, rate);
      return { name: "errors", kind: "share", limit: { atMost: 0.02 }, batches };
    };
    const breached = (rate: number): number =>
      share(200, (random) => findBreach([guardrail(random, rate)], MINIMUM) !== null);
    expect(breached(0.02)).toBeLessThanOrEqual(0.05);
    expect(breached(0.04)).toBeGreaterThanOrEqual(0.9);
  });

  it("catch a mean cost that rises by half, and let one rise that may", () => {
    const traffic = { control: 95, candidate: 5, batches: 400 };
    const breached = (timesControl: number): number =>
      share(50, (random) => {
        const cost = (): number => Math.exp(normal(random));
        const batches = moments(traffic, cost, () => 1.5 * cost());
        return findBreach([{ name: "cost", kind: "mean", limit: { timesControl }, batches }], MINIMUM) !== null;
      });
    expect(breached(1)).toBeGreaterThanOrEqual(0.9);
    expect(breached(1.5)).toBeLessThanOrEqual(0.05);
  });

  it("leave a candidate alone that costs far less, however much evidence there is of that", () => {
    const traffic = { control: 300, candidate: 300, batches: 200 };
    const aborted = share(5, (random) => {
      const cost = (): number => Math.exp(normal(random) / 3);
      const batches = moments(traffic, cost, () => cost() / 10);
      return findBreach([{ name: "cost", kind: "mean", limit: AS_CONTROL, batches }], MINIMUM) !== null;
    });
    expect(aborted).toBe(0);
  });

  it.each([0.03, 0.5, 0.97])("leave equal arms alone whose feedback is bad in a share of %d of cases", (bad) => {
    const traffic = { control: 76, candidate: 4, batches: 7 * 24 };
    const aborted = share(100, (random) => {
      const batches = moments(traffic, () => (random() < bad ? -1 : 1));
      return findBreach([{ name: "feedback", kind: "score", limit: { belowControl: 0 }, batches }], 10) !== null;
    });
    expect(aborted).toBeLessThanOrEqual(0.05);
  });

  it("catch feedback that gets worse than the control's or a bound, and let it fall as far as it may", () => {
    const traffic = { control: 76, candidate: 4, batches: 200 };
    const breached = (limit: ScoreLimit): number =>
      share(50, (random) => {
        const thumb = (bad: number) => (): number => (random() < bad ? -1 : 1);
        const batches = moments(traffic, thumb(0.2), thumb(0.3));
        return findBreach([{ name: "feedback", kind: "score", limit, batches }], MINIMUM) !== null;
      });
    expect(breached({ belowControl: 0 })).toBeGreaterThanOrEqual(0.9);
    expect(breached({ atLeast: 0.6 })).toBeGreaterThanOrEqual(0.9);
    expect(breached({ belowControl: 0.2 })).toBeLessThanOrEqual(0.05);
    expect(breached({ atLeast: 0.4 })).toBeLessThanOrEqual(0.05);
  });

  it("are not upset by errors that hit both arms in the same hour", () => {
    const random = seeded(1);
    const hours = Array.from({ length: 100 }, (_, hour) => (hour % 10 === 0 ? 0.5 : 0.01));
    const batches = hours.flatMap((rate) => tallies(random, { control: 95, candidate: 5, batches: 1 }, rate, rate));
    expect(findBreach([{ name: "errors", kind: "share", limit: AS_CONTROL, batches }], 0)).toBeNull();
  });
});

describe("a breach", () => {
  const worse: TallyBatch = { control: { requests: 95, bad: 1 }, candidate: { requests: 5, bad: 5 } };
  const good: TallyBatch = { control: { requests: 95, bad: 1 }, candidate: { requests: 5, bad: 0 } };
  const errors = (batches: TallyBatch[], name = "errors"): Guardrail => ({
    name,
    kind: "share",
    limit: AS_CONTROL,
    batches,
  });

  it("names the guardrail, the batch and how unlikely the evidence was", () => {
    const breach = findBreach([errors([good, good], "fine"), errors([good, worse, worse], "broken")], 0);
    expect(breach).toMatchObject({ guardrail: "broken", batch: 1 });
    expect(breach?.chance).toBeLessThan(0.025);
  });

  it("waits for the minimum of the candidate's requests", () => {
    expect(findBreach([errors([worse, worse, worse])], 15)?.batch).toBe(2);
    expect(findBreach([errors([worse, worse, worse])], 16)).toBeNull();
  });

  it("needs more evidence the more guardrails there are", () => {
    const batches = [{ control: { requests: 95, bad: 0 }, candidate: { requests: 5, bad: 4 } }];
    const crowd = Array.from({ length: 100 }, (_, index) => errors([good], `fine ${index}`));
    expect(findBreach([errors(batches)], 0)?.guardrail).toBe("errors");
    expect(findBreach([errors(batches), ...crowd], 0)).toBeNull();
  });

  it("is none where nothing happened, or nobody could tell", () => {
    const none = { requests: 0, bad: 0 };
    const unseen = { count: 0, sum: 0, squares: 0 };
    const constant = { count: 50, sum: 50, squares: 50 };
    const mean = (batch: MomentsBatch): Guardrail => ({
      name: "cost",
      kind: "mean",
      limit: AS_CONTROL,
      batches: [batch],
    });
    expect(findBreach([], 0)).toBeNull();
    expect(findBreach([errors([{ control: none, candidate: none }])], 0)).toBeNull();
    expect(findBreach([errors([{ control: none, candidate: { requests: 5, bad: 5 } }])], 0)).toBeNull();
    expect(findBreach([mean({ control: unseen, candidate: unseen })], 0)).toBeNull();
    expect(findBreach([mean({ control: constant, candidate: constant })], 0)).toBeNull();
    for (const batch of [
      { control: unseen, candidate: unseen },
      { control: constant, candidate: unseen },
      { control: unseen, candidate: { count: 50, sum: -50, squares: 50 } },
      { control: constant, candidate: constant },
    ]) {
      const batches = [batch];
      expect(findBreach([{ name: "feedback", kind: "score", limit: { belowControl: 0 }, batches }], 0)).toBeNull();
    }
  });
});
