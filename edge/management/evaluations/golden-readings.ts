import { ok, refuse, type Result } from "../../errors.ts";
import { enginesOf } from "../../evaluation/measure.ts";
import type { DecidedCase } from "../../evaluation/turns.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { knownCases } from "../golden-cases/known-cases.ts";
import { decideNow } from "./decide-now.ts";
import { finishedCases, type FinishedCases } from "./finished-cases.ts";

/** Golden turns that are decided while a request waits. */
const MAX_TURNS = 200;

/** Where the readings come from. */
interface Source {
  /** A finished evaluation's id; decided now when there is none. */
  readonly evaluation: string | undefined;
  /** The field that names it, for refusals. */
  readonly param: string;
  /** Why a finished evaluation says nothing of the document; null when it does. */
  readonly unlike: (found: FinishedCases) => Promise<string | null>;
}

/**
 * What the engine that decides now says of every turn of a router's golden cases: asked for while the request waits
 * when they are few, else taken from a finished evaluation.
 */
export async function goldenReadings(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  { evaluation, param, unlike }: Source,
): Promise<Result<readonly DecidedCase[]>> {
  const stale = (message: string) => refuse("evaluation_stale", { message, param });
  if (evaluation === undefined) {
    const cases = await knownCases(context, slug, MAX_TURNS);
    if (cases !== null) return ok(await decideNow(context, slug, document, cases));
    return stale(`More than ${String(MAX_TURNS)} golden turns: run an evaluation of this draft and name it.`);
  }
  const found = await finishedCases(context, slug, evaluation);
  if (found === null) return stale("There is no finished evaluation of this router's golden cases of this id.");
  const unlikely = await unlike(found);
  if (unlikely !== null) return stale(unlikely);
  const now = await context.deps.decider.engine(document.settings.engine);
  if (now === null) {
    const message = `Which version of the engine ${document.settings.engine} decides now cannot be told.`;
    return refuse("routing_unavailable", { message });
  }
  const current = `${now.name}@${now.version}`;
  const engines = enginesOf(found.cases);
  if (engines.length === 1 && engines[0] === current) return ok(found.cases);
  const ran = engines.length === 0 ? "no engine" : engines.join(" and ");
  return stale(`It ran on ${ran}, and ${current} decides now.`);
}
