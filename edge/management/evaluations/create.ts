import { ok, refuse, type Result } from "../../errors.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { documentDigest } from "../routers/canonical-document.ts";
import { documentAt } from "../routers/document-at.ts";
import { write } from "../write.ts";
import {
  copyGoldenCases,
  countGoldenCases,
  holdRouter,
  insertEvaluation,
  insertGivenCases,
  isRunning,
} from "./evaluations.store.ts";
import type { CreateEvaluation, EvaluationView } from "./schema.ts";
import { evaluationView } from "./view.ts";

/** Queues a run over copies of the conversations and the document: later edits of either do not touch it. */
export async function createEvaluation(
  context: TenantContext,
  slug: string,
  { revision, cases: given }: CreateEvaluation,
): Promise<Result<EvaluationView>> {
  const { deps, tenantId, key } = context;
  try {
    return await write(context, async (tx) => {
      // Read after the claim, so that a repeated request is answered as the first was, whatever became of the document.
      const document = await documentAt(context, slug, revision);
      if (document === undefined) return refuse("not_found");
      const digests = { documentDigest: await documentDigest(document), policyDigest: await policyDigestOf(document) };
      const routerId = await holdRouter(tx, tenantId, slug);
      if (routerId === null) return refuse("not_found");
      const cases = given?.length ?? (await countGoldenCases(tx, tenantId, routerId));
      if (cases === 0) return refuse("conflict", { message: "This router has no golden cases: give some in `cases`." });
      const id = deps.newId("evaluation");
      const fields = { tenantId, id, routerId, revision: String(revision), document, ...digests, cases, keyId: key.id };
      const row = await insertEvaluation(tx, fields);
      if (row === null) return refuse("internal_error");
      if (given === undefined) await copyGoldenCases(tx, row);
      else
        await insertGivenCases(
          tx,
          given.map((each, place) => ({ tenantId, evaluationId: id, place, ...each })),
        );
      const changes = difference({}, { revision, cases, golden_cases: given === undefined });
      const audit = { tenantId, action: "evaluation.create", targetKind: "evaluation", targetId: id, changes };
      return ok({ value: evaluationView(row), audit });
    });
  } catch (error) {
    if (!isRunning(error)) throw error;
    return refuse("conflict", { message: "This router has a running evaluation: wait for it or cancel it." });
  }
}
