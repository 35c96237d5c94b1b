import { ok, type Result } from "../../errors.ts";
import { rawConversationKey } from "../../routing/conversation-key.ts";
import { conversationKey } from "../../tenancy/tenant-secrets.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { decisionPage } from "./decisions.store.ts";
import type { DecisionFilter, DecisionView } from "./schema.ts";
import { decisionView } from "./view.ts";

/** The tenant's receipts, newest first; a cursor stays where it is while new ones come in. */
export async function listDecisions(
  context: TenantContext,
  filter: DecisionFilter,
  page: Page,
): Promise<Result<Listed<DecisionView>>> {
  const { deps, scope, tenantId } = context;
  const { conversation, ...columns } = filter;
  const conversationKeys = conversation === undefined ? null : await keysOf(context, conversation);
  const rows = await deps.db.api.read(scope, (db) =>
    decisionPage(db, tenantId, { ...columns, conversationKeys }, page),
  );
  return ok(listed(rows, page, decisionView));
}

/** The keys a conversation of this name is stored under, whichever field its client named it in. */
function keysOf({ deps, tenantId }: TenantContext, name: string): Promise<string[]> {
  const ways = [
    { header: name, body: {} },
    { header: null, body: { prompt_cache_key: name } },
    { header: null, body: { user: name } },
  ];
  return Promise.all(ways.map((way) => conversationKey(deps.env, tenantId, rawConversationKey(way).raw)));
}
