import type { DecidedCase } from "../../evaluation/turns.ts";
import type { TenantContext } from "../context.ts";
import { decidedCases, evaluationById } from "./evaluations.store.ts";

/** What a finished evaluation of the router's golden cases found, and for which document; null when it is none. */
export async function finishedCases(
  { deps, scope, tenantId }: TenantContext,
  slug: string,
  id: string,
): Promise<{ readonly documentDigest: string; readonly cases: readonly DecidedCase[] } | null> {
  const [row] = await deps.db.api.read(scope, (db) => evaluationById(db, tenantId, slug, id));
  if (row?.status !== "finished") return null;
  const cases = await deps.db.api.read(scope, (db) => decidedCases(db, tenantId, id));
  if (cases.some(({ golden_case }) => golden_case === null)) return null;
  return { documentDigest: row.documentDigest, cases: cases.map((of) => ({ ...of, readings: of.readings ?? [] })) };
}
