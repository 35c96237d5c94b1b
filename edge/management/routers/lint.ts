import { ok, type Result } from "../../errors.ts";
import { pointer } from "../../http/validation-hook.ts";
import { lintDraft } from "../../routing/lint.ts";
import type { TenantContext } from "../context.ts";
import { getDraft } from "./get-draft.ts";
import type { LintView } from "./lint.schema.ts";

/** What is wrong with a router's draft or likely to be; `models` are the tenant's model slugs. */
export async function lintRouter(
  context: TenantContext,
  slug: string,
  models: ReadonlySet<string>,
): Promise<Result<LintView>> {
  const draft = await getDraft(context, slug);
  if (!draft.ok) return draft;
  const { document } = draft.value;
  const similarities = document.policies.length < 2 ? [] : await context.deps.decider.similarities(document.policies);
  const findings = lintDraft(document, models, similarities);
  return ok({ findings: findings.map(({ path, ...finding }) => ({ ...finding, pointer: pointer(path) })) });
}
