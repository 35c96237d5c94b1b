import type { Decider } from "../../decider/decider.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import { judge } from "../../routing/judge.ts";
import { withOtherBias } from "../../routing/other-bias.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import { routableTurns } from "../../routing/routable-turns.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import { candidates, chooseTarget } from "../../routing/target.ts";
import type { Model, PublishedRouter } from "../../tenancy/snapshot.ts";
import { costUsd } from "../../usage/cost.ts";
import type { TenantContext } from "../context.ts";
import { countedFor } from "../counted-for.ts";
import { documentAt, type Revision } from "./document-at.ts";
import type { DryRun, DryRunInput, DryRunSide, DryRunTurn } from "./dry-run.schema.ts";
import { summary } from "./dry-run-summary.ts";
import { askedTurns, type AskedTurn } from "./dry-run-turns.ts";
import { publishedBySlug } from "./versions.store.ts";

/** Milliseconds a decision may take here: nobody waits for an answer to a prompt. */
const DEADLINE_MS = 10_000;

type Models = ReadonlyMap<string, Model>;

/**
 * Decides every user message of the conversations under two revisions of a router and says which change policy, which
 * change model, and what that would cost. Through the decider and the rules that serve traffic.
 */
export async function dryRun(
  context: TenantContext,
  slug: string,
  { from, to, ...asked }: DryRunInput,
  models: Models,
): Promise<Result<DryRun>> {
  const before = await published(context, slug, from);
  if (!before.ok) return before;
  const after = await documentAt(context, slug, to);
  if (after === undefined) return refuse("not_found");
  const [old, next] = [await router(slug, before.value.document), await router(slug, after)];
  if (old === null || next === null) {
    const detail = "names a draft without a fallback target";
    return refuse("validation_failed", { errors: [{ pointer: old === null ? "/from" : "/to", detail }] });
  }
  const turns = await askedTurns(context, slug, asked);
  if (!turns.ok) return turns;
  const data = await countedFor(context, slug, async (decider) => {
    const decided: DryRunTurn[] = [];
    for await (const turn of turns.value) {
      const side = (revision: PublishedRouter) => decideTurn(decider, context, revision, { turn, models });
      // One after the other: a dry run takes no more of the engine than one request does.
      decided.push(compared(turn, await side(old), await side(next)));
    }
    return decided;
  });
  return ok(summary(before.value.revision, to, data));
}

const compared = ({ conversation, turn, served }: AskedTurn, from: DryRunSide, to: DryRunSide): DryRunTurn => ({
  conversation,
  turn,
  from,
  to,
  policy_changed: from.outcome !== to.outcome || from.policy !== to.policy,
  model_changed: from.model !== to.model,
  served,
});

/** The revision to compare with: the one asked for, else the version that serves traffic. */
async function published(
  context: TenantContext,
  slug: string,
  from: Revision | undefined,
): Promise<Result<{ revision: Revision; document: DraftDocument }>> {
  if (from !== undefined) {
    const document = await documentAt(context, slug, from);
    return document === undefined ? refuse("not_found") : ok({ revision: from, document });
  }
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => publishedBySlug(db, tenantId, slug));
  if (row !== undefined) return ok({ revision: row.version, document: row.document });
  if ((await documentAt(context, slug, "draft")) === undefined) return refuse("not_found");
  return refuse("conflict", {
    message: "This router has no published version yet: say what to compare with in `from`.",
  });
}

/** A document as the decider takes one; its id keeps a dry run from opening the breaker of live traffic. */
async function router(slug: string, document: DraftDocument): Promise<PublishedRouter | null> {
  const { fallback } = document;
  if (fallback === null) return null;
  const settings = { ...document.settings, deadline_ms: DEADLINE_MS };
  const complete: RouterDocument = { ...document, fallback, settings };
  const digest = await policyDigestOf(complete);
  return { id: `dry-run:${slug}`, slug, version: 1, policy_digest: digest, published_at: "", document: complete };
}

async function decideTurn(
  decider: Pick<Decider, "decide">,
  { tenantId, paidEngines, requestId, waitUntil }: TenantContext,
  revision: PublishedRouter,
  { turn: { messages, needs, took }, models }: { readonly turn: AskedTurn; readonly models: Models },
): Promise<DryRunSide> {
  const { document } = revision;
  const turns = routableTurns(messages) ?? [];
  const asked = { tenantId, router: revision, paidEngines, conversation: turns, requestId, waitUntil };
  const decided = await decider.decide(asked);
  const reading = withOtherBias(decided, document.settings.other_bias ?? 0);
  const verdict = judge(reading, document.settings);
  const able = candidates(chooseTarget(document, verdict), models, needs, null, document.fallback);
  const model = able.ok ? (able.value[0]?.model ?? null) : null;
  const prices = model?.prices ?? null;
  const { inputTokens, cachedInputTokens } = took ?? { inputTokens: needs.tokens, cachedInputTokens: null };
  const input = { inputTokens, cachedInputTokens, outputTokens: 0, reasoningTokens: null };
  return {
    ...verdict,
    source: reading.source,
    model: model?.slug ?? null,
    input_cost_usd: prices === null ? null : costUsd(prices, input),
    cost_usd: prices === null || took === null ? null : costUsd(prices, took),
  };
}
