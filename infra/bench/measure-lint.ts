import { readFileSync } from "node:fs";
import type { Decider } from "../../edge/decider/decider.ts";
import { pointer } from "../../edge/http/validation-hook.ts";
import { draftDocumentSchema } from "../../edge/routing/draft-document.ts";
import { lintDraft } from "../../edge/routing/lint.ts";

interface WrittenDraft {
  readonly title: string;
  readonly document: object;
}
interface PlantedDraft extends WrittenDraft {
  /**
   * Found only by this code at one of these places: an exchange of two descriptions shows in either of them.
   * `near_duplicate` and `overlap` are two degrees of one cosine, so either is found by either.
   */
  readonly flaw: { readonly code: string; readonly pointers: readonly string[] };
}

/** Drafts without a flaw and with one each, written by hand before anything was measured on them. */
export interface LintDrafts {
  readonly good: readonly WrittenDraft[];
  readonly planted: readonly PlantedDraft[];
}

export interface LintFigures {
  readonly precision: number;
  readonly recall: number;
  /** Of each code that was planted. */
  readonly codes: Readonly<
    Record<string, { readonly planted: number; readonly found: number; readonly alarms: number }>
  >;
  /** Whatever else was found, as `title: code pointer`. */
  readonly alarms: readonly string[];
  readonly missed: readonly string[];
}

/** On those that were not `seen` no rule and no threshold was chosen; whoever chooses by them writes others. */
const DRAFTS = new URL("../../test/fixtures/lint-drafts.json", import.meta.url);
const SEEN = new URL("../../test/fixtures/lint-drafts-seen.json", import.meta.url);
/** The models that the drafts may name. */
const MODELS = new Set(["small", "large", "code"]);

export const lintDrafts = (seen = false): LintDrafts =>
  JSON.parse(readFileSync(seen ? SEEN : DRAFTS, "utf8")) as LintDrafts;

const kind = (code: string): string => (code === "overlap" ? "near_duplicate" : code);

/**
 * Lints every draft with the engine that serves. A plant is found when its code stands at its place; every other
 * finding, of whatever severity, in any draft, is a false alarm.
 */
export async function measureLint(
  decider: Pick<Decider, "similarities" | "engine">,
  { good, planted }: LintDrafts,
): Promise<LintFigures> {
  const lint = async ({ document }: WrittenDraft): Promise<{ code: string; place: string }[]> => {
    const draft = draftDocumentSchema.parse(document);
    const [similarities, budget] = await Promise.all([
      draft.policies.length < 2 ? null : decider.similarities(draft.policies),
      decider.engine(draft.settings.engine),
    ]);
    return lintDraft(draft, MODELS, { similarities, budget }).map(({ code, path }) => ({ code, place: pointer(path) }));
  };
  const results: { draft: PlantedDraft; found: boolean }[] = [];
  const alarms: { code: string; text: string }[] = [];
  const alarm = ({ title }: WrittenDraft, { code, place }: { code: string; place: string }) =>
    alarms.push({ code, text: `${title}: ${code} ${place}` });
  for (const draft of good) for (const finding of await lint(draft)) alarm(draft, finding);
  for (const draft of planted) {
    const isPlant = ({ code, place }: { code: string; place: string }) =>
      kind(code) === kind(draft.flaw.code) && draft.flaw.pointers.includes(place);
    const findings = await lint(draft);
    results.push({ draft, found: findings.some(isPlant) });
    for (const finding of findings) if (!isPlant(finding)) alarm(draft, finding);
  }
  const found = results.filter((result) => result.found).length;
  const names = new Set([...planted.map(({ flaw }) => flaw.code), ...alarms.map(({ code }) => code)]);
  const figures = (code: string) => {
    const ofCode = results.filter(({ draft }) => draft.flaw.code === code);
    return {
      planted: ofCode.length,
      found: ofCode.filter((result) => result.found).length,
      alarms: alarms.filter((each) => each.code === code).length,
    };
  };
  return {
    precision: found / (found + alarms.length),
    recall: found / planted.length,
    codes: Object.fromEntries([...names].sort().map((code) => [code, figures(code)])),
    alarms: alarms.map(({ text }) => text),
    missed: results.filter((result) => !result.found).map(({ draft }) => `${draft.title}: ${draft.flaw.code}`),
  };
}
