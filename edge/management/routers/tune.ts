import { ok, refuse, type Result } from "../../errors.ts";
import { flips } from "../../evaluation/flips.ts";
import { enginesOf, measure } from "../../evaluation/measure.ts";
import { FOLDS, tune } from "../../evaluation/tune.ts";
import type { DecidedCase } from "../../evaluation/turns.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { goldenReadings } from "../evaluations/golden-readings.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import { readDraft, replaceDraft } from "./drafts.store.ts";
import type { Edited } from "./edit-draft.ts";
import { enoughToTune } from "./enough-to-tune.ts";
import type { TuneInput, Tuning } from "./tune.schema.ts";

const MAX_FLIPS = 200;

/**
 * Tunes a draft's settings on the router's golden cases, and writes them if asked to. The readings are those of the
 * draft's policies and engine: other targets or thresholds do not touch them, so an earlier evaluation of the same
 * policies will do.
 */
export async function tuneRouter(
  context: TenantContext,
  slug: string,
  input: TuneInput,
  match: string | undefined,
): Promise<Result<Edited<Tuning>>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    // Read after the claim, so that a repeated request is answered as the first was; held by nobody while it decides.
    const draft = await readDraft(tx, tenantId, slug);
    if (draft === null) return refuse("not_found");
    if (input.apply && match === undefined) return refuse("precondition_required");
    if (match !== undefined && !ifMatch(match, draft.etag)) return refuse("precondition_failed");
    const { document, etag } = draft;
    const decided = await goldenReadings(context, slug, document, {
      evaluation: input.evaluation,
      param: "evaluation",
      unlike: async ({ policyDigest }) =>
        policyDigest === (await policyDigestOf(document)) ? null : "It ran against other policies.",
    });
    if (!decided.ok) return decided;
    const enough = enoughToTune(decided.value, input.settings);
    if (!enough.ok) return enough;

    const { found, tuned } = tuning(decided.value, document, input);
    if (!input.apply || !found.improves) return ok({ value: { value: found, etag }, audit: null });
    const next = { etag: deps.newId("draft"), document: tuned };
    if (!(await replaceDraft(tx, tenantId, draft, next))) {
      return refuse("precondition_failed", { message: "The draft changed while it was tuned." });
    }
    const changes = difference(document, tuned);
    return ok({
      value: { value: { ...found, applied: true }, etag: next.etag },
      audit: { tenantId, action: "router.tune", targetKind: "router", targetId: draft.routerId, changes },
    });
  });
}

/** What the readings say, and the draft as it would then be. */
function tuning(
  cases: readonly DecidedCase[],
  document: DraftDocument,
  { settings: free, costs }: TuneInput,
): { readonly found: Tuning; readonly tuned: DraftDocument } {
  const { settings } = document;
  const { from, to, heldOut } = tune(cases, settings, { costs, free });
  const moved = from.other_bias !== to.other_bias;
  const improves = moved || from.min_confidence !== to.min_confidence;
  const next = { ...settings, ...(moved && { other_bias: to.other_bias }), min_confidence: to.min_confidence };
  const changed = flips(cases, settings, next);
  const { before, after, saved } = heldOut;
  return {
    found: {
      engines: enginesOf(cases),
      costs,
      from,
      to,
      improves,
      applied: false,
      held_out: { folds: FOLDS, before, after, saved_per_case: saved },
      before: measure(cases, settings),
      after: measure(cases, next),
      flip_count: changed.length,
      flips: changed.slice(0, MAX_FLIPS),
    },
    tuned: { ...document, settings: next },
  };
}
