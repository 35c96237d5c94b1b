import { ok, type Result } from "../../../errors.ts";
import type { TenantContext } from "../../context.ts";
import { compareInDetail } from "../compare.ts";
import type { ComparisonQuery } from "../comparison.schema.ts";
import { reportPage } from "./page.ts";

/** A rollout's comparison as a page to read and print; `policy` is its content security policy. */
export async function reportRollout(
  context: TenantContext,
  id: string,
  query: ComparisonQuery,
  policy: string,
): Promise<Result<string>> {
  const compared = await compareInDetail(context, id, query);
  return compared.ok ? ok(reportPage(compared.value, policy)) : compared;
}
