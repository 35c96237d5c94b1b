import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createDecider } from "../../edge/decider/decider.ts";
import { pointer } from "../../edge/http/validation-hook.ts";
import { draftDocumentSchema } from "../../edge/routing/draft-document.ts";
import { FINDING_CODES } from "../../edge/routing/finding.ts";
import { lintDraft } from "../../edge/routing/lint.ts";
import { sleep } from "../../edge/sleep.ts";
import { startInference, TOKEN } from "./inference-process.ts";

interface Written {
  readonly title: string;
  readonly document: object;
}
interface Planted extends Written {
  /**
   * Where the one flaw may be said to be: an exchange of two descriptions shows in either. What overlaps may also be
   * called nearly the same, which is the graver word for it; what is nearly the same may not be called an overlap.
   */
  readonly flaw: { readonly code: string; readonly pointers: readonly string[] };
}

/**
 * Whole documents written for this test alone; whatever else is found in any of them is a false alarm. No threshold
 * was chosen by what comes out here: they come from the policy sets of `inference/training/worlds` and from pairs that
 * were written before these (see `edge/routing/lint-similarity.ts`).
 */
const FILE = new URL("../fixtures/lint-drafts.json", import.meta.url);
const { good, planted } = JSON.parse(readFileSync(FILE, "utf8")) as { good: Written[]; planted: Planted[] };

const BY_SIMILARITY = ["near_duplicate", "overlap", "closer_to_sibling"];
/** Not flaws of a draft: they say that the inference service was not there. */
const UNCHECKED = ["similarity_unchecked", "budget_unchecked"];
/** A router model with room for few policies. Nothing decides here, so its server need not be there. */
const ARCH = { name: "arch", baseUrls: ["http://127.0.0.1:9"], model: "m", format: "arch-router-v1" };

it("holds forty good drafts and forty with one flaw each, of every code", () => {
  expect([good.length, planted.length]).toEqual([40, 40]);
  expect(new Set([...good, ...planted].map(({ title }) => title)).size).toBe(80);
  const codes = planted.map(({ flaw }) => flaw.code);
  expect(new Set([...codes, ...UNCHECKED])).toEqual(new Set(FINDING_CODES));
  expect(codes.filter((code) => BY_SIMILARITY.includes(code)).length).toBeGreaterThanOrEqual(12);
});

it("finds the flaws planted in drafts and little else, by the engine that serves", async () => {
  const inference = await startInference({ ENGINES: JSON.stringify([{ ...ARCH, maxPolicyTokens: 200 }]) });
  try {
    const decider = createDecider({
      env: { INFERENCE_URL: inference.url, INFERENCE_TOKEN: TOKEN, SIGNING_SECRET: "s".repeat(32) },
      fetch,
      now: Date.now,
      sleep,
      log: () => undefined,
    });
    /** `code pointer` of every finding, whatever its severity. */
    const lint = async ({ document }: Written): Promise<string[]> => {
      const draft = draftDocumentSchema.parse(document);
      const [similarities, budget] = await Promise.all([
        draft.policies.length < 2 ? null : decider.similarities(draft.policies),
        decider.engine(draft.settings.engine),
      ]);
      const findings = lintDraft(draft, new Set(["small", "large", "code"]), { similarities, budget });
      return findings.map(({ code, path }) => `${code} ${pointer(path)}`);
    };

    const alarms: string[] = [];
    for (const draft of good) for (const finding of await lint(draft)) alarms.push(`${draft.title}: ${finding}`);
    const found: Planted[] = [];
    for (const draft of planted) {
      const { code, pointers } = draft.flaw;
      const codes = code === "overlap" ? ["overlap", "near_duplicate"] : [code];
      const expected = codes.flatMap((one) => pointers.map((place) => `${one} ${place}`));
      const findings = await lint(draft);
      if (findings.some((finding) => expected.includes(finding))) found.push(draft);
      const others = findings.filter((finding) => !expected.includes(finding));
      alarms.push(...others.map((finding) => `${draft.title}: ${finding}`));
    }
    const recallOf = (codes: readonly string[]): number =>
      found.filter(({ flaw }) => codes.includes(flaw.code)).length /
      planted.filter(({ flaw }) => codes.includes(flaw.code)).length;
    const [precision, recall] = [found.length / (found.length + alarms.length), recallOf(FINDING_CODES)];
    console.info(`lint: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`, {
      ...Object.fromEntries(BY_SIMILARITY.map((code) => [code, recallOf([code]).toFixed(3)])),
      alarms,
      missed: planted.filter((draft) => !found.includes(draft)).map(({ title, flaw }) => `${title}: ${flaw.code}`),
    });
    expect(precision).toBeGreaterThanOrEqual(0.9);
    expect(recall).toBeGreaterThanOrEqual(0.7);
  } finally {
    await inference.stop();
  }
});
