import { readCase } from "../../evaluation/read-case.ts";
import type { DecidedCase } from "../../evaluation/turns.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import type { TenantContext } from "../context.ts";
import { countedFor } from "../counted-for.ts";
import type { GoldenCaseView } from "../golden-cases/schema.ts";

type KnownCase = Omit<GoldenCaseView, "created_at" | "updated_at">;

/** Decides golden cases within a request, one turn after the other: it takes no more of the engine than one request. */
export async function decideNow(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  cases: readonly KnownCase[],
): Promise<DecidedCase[]> {
  const { tenantId, paidEngines, requestId, waitUntil } = context;
  const policyDigest = await policyDigestOf(document);
  const trial = { tenantId, paidEngines, document, policyDigest, requestId, waitUntil };
  return countedFor(context, slug, async (decider) => {
    const decided: DecidedCase[] = [];
    for (const { id, name, messages, expected } of cases) {
      const readings = await readCase(decider, trial, messages);
      decided.push({ golden_case: id, name, expected, readings });
    }
    return decided;
  });
}
