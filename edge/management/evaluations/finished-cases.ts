import type { DecidedCase } from "../../evaluation/turns.ts";
import type { TenantContext } from "../context.ts";
import { decidedCases, evaluationById } from "./evaluations.store.ts";

/** What a finished evaluation of a router's golden cases found, and for which document. */
export interface FinishedCases {
  readonly documentDigest: string;
  readonly policyDigest: string;
  readonly cases: readonly DecidedCase[];
}

/** Null when there is no such evaluation, or it is not finished, or other cases than golden ones were run. */
export async function finishedCases(
  { deps, scope, tenantId }: TenantContext,
  slug: string,
  id: string,
): Promise<FinishedCases | null> {
  const [row] = await deps.db.api.read(scope, (db) => evaluationById(db, tenantId, slug, id));
  if (row?.status !== "finished") return null;
  const cases = await deps.db.api.read(scope, (db) => decidedCases(db, tenantId, id));
  if (cases.some(({ golden_case }) => golden_case === null)) return null;
  const { documentDigest, policyDigest } = row;
  return { documentDigest, policyDigest, cases: cases.map((of) => ({ ...of, readings: of.readings ?? [] })) };
}
