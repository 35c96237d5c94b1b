import { ok, refuse, type Result } from "../../errors.ts";
import { measure } from "../../evaluation/measure.ts";
import { pointer } from "../../http/validation-hook.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { goldenReadings } from "../evaluations/golden-readings.ts";
import { documentDigest } from "./canonical-document.ts";
import type { Gate } from "./schema.ts";

/** Lets a draft pass when enough of the router's golden turns are right; the refusal lists those that are not. */
export async function gate(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  { min_accuracy, evaluation }: Gate,
): Promise<Result<null>> {
  const decided = await goldenReadings(context, slug, document, {
    evaluation,
    param: "gate.evaluation",
    unlike: async (found) =>
      found.documentDigest === (await documentDigest(document)) ? null : "It ran against another document.",
  });
  if (!decided.ok) return decided;
  const { turn, misses } = measure(decided.value, document.settings);
  if (turn.accuracy === null) return refuse("gate_failed", { message: "This router has no golden cases to pass." });
  if (turn.accuracy >= min_accuracy) return ok(null);
  const message = `${String(turn.right)} of ${String(turn.count)} golden turns are right, less than ${String(min_accuracy)}.`;
  const errors = misses.map(({ golden_case, turn: at, expected, got }) => ({
    pointer: pointer(["golden_cases", golden_case ?? "", "expected", at]),
    detail: `expected ${expected}, got ${got ?? "no decision"}`,
  }));
  return refuse("gate_failed", { message, errors });
}
