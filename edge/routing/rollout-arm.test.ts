import { beforeAll, describe, expect, it } from "vitest";
import { isShadowed, rolloutArm, type Arm } from "./rollout-arm.ts";

const CONVERSATIONS = 100_000;
const keys = Array.from({ length: CONVERSATIONS }, (_, index) => `conversation-${index}`);

const split = (rolloutId: string, percent: number): Promise<Arm[]> =>
  Promise.all(keys.map((key) => rolloutArm({ rolloutId, percent }, key)));

const candidates = (arms: readonly Arm[]): number => arms.filter((arm) => arm === "candidate").length;

/** Three standard errors of the number of successes among all conversations. */
const margin = (share: number): number => 3 * Math.sqrt(CONVERSATIONS * share * (1 - share));

describe("a conversation's arm", () => {
  let five: Arm[];
  let quarter: Arm[];
  beforeAll(async () => {
    five = await split("rol_a", 5);
    quarter = await split("rol_a", 25);
  }, 60_000);

  it("is the candidate for the share that was asked for, within three standard errors", () => {
    expect(Math.abs(candidates(five) - 0.05 * CONVERSATIONS)).toBeLessThan(margin(0.05));
    expect(Math.abs(candidates(quarter) - 0.25 * CONVERSATIONS)).toBeLessThan(margin(0.25));
  });

  it("stays the candidate when the share is widened", () => {
    const moved = five.filter((arm, index) => arm === "candidate" && quarter[index] === "control");
    expect(moved).toEqual([]);
  });

  it("is always the same", async () => {
    for (const [index, key] of keys.slice(0, 1_000).entries()) {
      expect(await rolloutArm({ rolloutId: "rol_a", percent: 25 }, key)).toBe(quarter[index]);
    }
  });

  it("is nobody's at 0 and everybody's at 100 percent", async () => {
    for (const key of keys.slice(0, 1_000)) {
      expect(await rolloutArm({ rolloutId: "rol_a", percent: 0 }, key)).toBe("control");
      expect(await rolloutArm({ rolloutId: "rol_a", percent: 100 }, key)).toBe("candidate");
    }
  });

  it("says nothing about the arm in another rollout", async () => {
    const other = await split("rol_b", 25);
    const both = other.filter((arm, index) => arm === "candidate" && quarter[index] === "candidate").length;
    expect(Math.abs(both - 0.0625 * CONVERSATIONS)).toBeLessThan(margin(0.0625));
  });

  it("is told from rollout and conversation apart, not from their letters run together", async () => {
    const arms = (rolloutId: string, prefix: string): Promise<Arm[]> =>
      Promise.all(keys.slice(0, 200).map((key) => rolloutArm({ rolloutId, percent: 50 }, `${prefix}${key}`)));
    expect(await arms("rol_a", "b")).not.toEqual(await arms("rol_ab", ""));
  });
});

describe("the conversations a rollout copies", () => {
  it("are the share that was asked for, the same always, and say nothing about the arm", async () => {
    const drawn = (percent: number): Promise<boolean[]> =>
      Promise.all(keys.map((key) => isShadowed({ rolloutId: "rol_a", percent }, key)));
    const [tenth, more, arms] = await Promise.all([drawn(10), drawn(30), split("rol_a", 25)]);
    const count = (copied: readonly boolean[]): number => copied.filter(Boolean).length;
    expect(Math.abs(count(tenth) - 0.1 * CONVERSATIONS)).toBeLessThan(margin(0.1));
    expect(tenth.filter((copied, index) => copied && more[index] !== true)).toEqual([]);
    const both = count(tenth.map((copied, index) => copied && arms[index] === "candidate"));
    expect(Math.abs(both - 0.025 * CONVERSATIONS)).toBeLessThan(margin(0.025));
  }, 60_000);
});
