import type { TenantContext } from "../context.ts";
import { casesInOrder } from "./golden-cases.store.ts";
import type { GoldenCaseView } from "./schema.ts";
import { caseView } from "./view.ts";

/** A router's golden cases in the order in which they were written; null when they have more than `turns` turns. */
export async function knownCases(
  { deps, scope, tenantId }: TenantContext,
  slug: string,
  turns: number,
): Promise<GoldenCaseView[] | null> {
  // Every case has a turn at least.
  const page = { limit: turns, after: null };
  const rows = await deps.db.api.read(scope, (db) => casesInOrder(db, tenantId, slug, page));
  const count = rows.reduce((sum, { expected }) => sum + expected.length, 0);
  return count > turns ? null : rows.map(caseView);
}
