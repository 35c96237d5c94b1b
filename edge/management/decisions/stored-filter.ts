import { rawConversationKey } from "../../routing/conversation-key.ts";
import { conversationKey } from "../../tenancy/tenant-secrets.ts";
import type { TenantContext } from "../context.ts";
import type { StoredFilter } from "./decisions.store.ts";
import type { DecisionFilter } from "./schema.ts";

/** A caller's filter in the terms that receipts are stored in: a conversation by the keys it may be stored under. */
export async function storedFilter(context: TenantContext, filter: DecisionFilter): Promise<StoredFilter> {
  const { conversation, ...columns } = filter;
  return {
    ...columns,
    conversationKeys: conversation === undefined ? null : await conversationKeys(context, conversation),
  };
}

/** The keys a conversation of this name is stored under, whichever field its client named it in. */
export function conversationKeys({ deps, tenantId }: TenantContext, name: string): Promise<string[]> {
  const ways = [
    { header: name, body: {} },
    { header: null, body: { prompt_cache_key: name } },
    { header: null, body: { user: name } },
  ];
  return Promise.all(ways.map((way) => conversationKey(deps.env, tenantId, rawConversationKey(way).raw)));
}
