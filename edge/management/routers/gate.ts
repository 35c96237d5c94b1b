import { ok, refuse, type Result } from "../../errors.ts";
import { enginesOf, measure } from "../../evaluation/measure.ts";
import type { DecidedCase } from "../../evaluation/turns.ts";
import { pointer } from "../../http/validation-hook.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { decideNow } from "../evaluations/decide-now.ts";
import { finishedCases } from "../evaluations/finished-cases.ts";
import { knownCases } from "../golden-cases/known-cases.ts";
import { documentDigest } from "./canonical-document.ts";
import type { Gate } from "./schema.ts";

/** Golden turns that are decided while a publish waits. */
const MAX_TURNS = 200;
/** Any turn tells which engine decides now. */
const PROBE = { id: "", name: null, messages: [{ role: "user" as const, content: "Hello" }], expected: [null] };

/** Lets a draft pass when enough of the router's golden turns are right; the refusal lists those that are not. */
export async function gate(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  { min_accuracy, evaluation }: Gate,
): Promise<Result<null>> {
  const decided =
    evaluation === undefined
      ? await decidedNow(context, slug, document)
      : await decidedBefore(context, slug, document, evaluation);
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

async function decidedNow(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
): Promise<Result<readonly DecidedCase[]>> {
  const cases = await knownCases(context, slug, MAX_TURNS);
  if (cases !== null) return ok(await decideNow(context, document, cases));
  const message = `More than ${String(MAX_TURNS)} golden turns: run an evaluation of this draft and name it in the gate.`;
  return refuse("evaluation_stale", { message, param: "gate.evaluation" });
}

async function decidedBefore(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  id: string,
): Promise<Result<readonly DecidedCase[]>> {
  const found = await finishedCases(context, slug, id);
  const stale = (message: string) => refuse("evaluation_stale", { message, param: "gate.evaluation" });
  if (found === null) return stale("There is no finished evaluation of this router's golden cases of this id.");
  if (found.documentDigest !== (await documentDigest(document))) return stale("It ran against another document.");
  const [now] = enginesOf(await decideNow(context, document, [PROBE]));
  const engines = enginesOf(found.cases);
  if (now === undefined || engines.length !== 1 || engines[0] !== now) return stale("It ran on another engine.");
  return ok(found.cases);
}
