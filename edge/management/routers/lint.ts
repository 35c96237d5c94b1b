import { ok, type Result } from "../../errors.ts";
import { lintDraft } from "../../routing/lint.ts";
import type { TenantContext } from "../context.ts";
import { findingView } from "../finding.schema.ts";
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
  const { decider } = context.deps;
  const [similarities, budget] = await Promise.all([
    document.policies.length < 2 ? null : decider.similarities(document.policies),
    decider.engine(document.settings.engine),
  ]);
  return ok({ findings: lintDraft(document, models, { similarities, budget }).map(findingView) });
}
