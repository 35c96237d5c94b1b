import { iso, isoOrNull } from "../text.ts";
import type { EvaluationRow } from "./evaluations.store.ts";
import type { EvaluationView } from "./schema.ts";

export const evaluationView = (row: EvaluationRow): EvaluationView => ({
  id: row.id,
  revision: row.revision === "draft" ? "draft" : Number(row.revision),
  document_digest: row.documentDigest,
  policy_digest: row.policyDigest,
  status: row.status,
  cases: row.cases,
  decided: row.decided,
  created_at: iso(row.createdAt),
  finished_at: isoOrNull(row.finishedAt),
});
