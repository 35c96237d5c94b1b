import { ok, refuse, type Result } from "../../errors.ts";
import { idTime } from "../../ids.ts";
import type { TenantContext } from "../context.ts";
import { decisionById } from "./decisions.store.ts";
import type { DecisionView } from "./schema.ts";
import { decisionView } from "./view.ts";

/** Receipts are written after the answer: this long, one that is not there may still come. */
const PENDING_MS = 60_000;
/** How far the clocks of two isolates may be apart. */
const CLOCK_SKEW_MS = 5_000;

/**
 * One receipt. Whether a missing one is pending is read from the id's own time alone, so that the answer is the same
 * for an id that is nobody's and for one that is another tenant's.
 */
export async function getDecision(context: TenantContext, id: string): Promise<Result<DecisionView>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => decisionById(db, tenantId, id));
  if (row !== undefined) return ok(decisionView(row));
  const ageMs = deps.now() - idTime(id);
  const pending = ageMs > -CLOCK_SKEW_MS && ageMs < PENDING_MS;
  return pending ? refuse("decision_pending", { retryAfterSeconds: 1 }) : refuse("not_found");
}
