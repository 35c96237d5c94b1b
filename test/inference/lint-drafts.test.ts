import { expect, it } from "vitest";
import { createDecider } from "../../edge/decider/decider.ts";
import { FINDING_CODES } from "../../edge/routing/finding.ts";
import { sleep } from "../../edge/sleep.ts";
import { lintDrafts, measureLint } from "../../infra/bench/measure-lint.ts";
import { startInference, TOKEN } from "./inference-process.ts";

const BY_SIMILARITY = ["near_duplicate", "overlap", "closer_to_sibling"];
/** Not flaws of a draft: they say that the inference service was not there. */
const UNCHECKED = ["similarity_unchecked", "budget_unchecked"];
/** A router model with room for few policies. Nothing decides here, so its server need not be there. */
const ARCH = { name: "arch", baseUrls: ["http://127.0.0.1:9"], model: "m", format: "arch-router-v1" };

it("holds forty good drafts and forty with one flaw each, of every code", () => {
  const { good, planted } = lintDrafts();
  expect([good.length, planted.length]).toEqual([40, 40]);
  expect(new Set([...good, ...planted].map(({ title }) => title)).size).toBe(80);
  const codes = planted.map(({ flaw }) => flaw.code);
  expect(new Set([...codes, ...UNCHECKED])).toEqual(new Set(FINDING_CODES));
  const earlier = lintDrafts(true);
  const known = new Set([...earlier.good, ...earlier.planted].map(({ document }) => JSON.stringify(document)));
  expect(good.filter(({ document }) => known.has(JSON.stringify(document)))).toEqual([]);
  expect(codes.filter((code) => BY_SIMILARITY.includes(code)).length).toBeGreaterThanOrEqual(12);
});

it("finds the flaws planted in drafts and little else, by the engine that serves", async () => {
  const inference = await startInference({ ENGINES: JSON.stringify([{ ...ARCH, maxPolicyTokens: 200 }]) });
  try {
    const env = { INFERENCE_URL: inference.url, INFERENCE_TOKEN: TOKEN, SIGNING_SECRET: "s".repeat(32) };
    const decider = createDecider({ env, fetch, now: Date.now, sleep, log: () => undefined });
    for (const seen of [false, true]) {
      const figures = await measureLint(decider, lintDrafts(seen));
      console.info("lint", figures);
      expect(figures.precision).toBeGreaterThanOrEqual(0.9);
      expect(figures.recall).toBeGreaterThanOrEqual(0.7);
    }
  } finally {
    await inference.stop();
  }
});
