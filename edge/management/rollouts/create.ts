import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { createRouterRollout } from "./create-router-rollout.ts";
import { holdCandidates, insertRollout, isPolicyTaken, publishedRouter } from "./rollouts.store.ts";
import { firstShare } from "./schedule.ts";
import type { CreateRollout, RolloutView } from "./schema.ts";
import { rolloutView } from "./view.ts";

/** Begins to send a share of a policy's conversations to a candidate. A policy has one open rollout at most. */
export async function createRollout(context: TenantContext, input: CreateRollout): Promise<Result<RolloutView>> {
  const { deps, tenantId } = context;
  const { policy, candidate } = input;
  if ("engine" in candidate) return createRouterRollout(context, input, candidate);
  if (policy === null) return wrong("/policy", "is needed, unless the candidate is an engine");
  try {
    return await write(context, async (tx) => {
      const router = await publishedRouter(tx, tenantId, input.router);
      if (router === null) return wrong("/router", `there is no published router ${input.router}`);
      if (!router.document.policies.some(({ name }) => name === policy)) {
        return wrong("/policy", `the published version of ${input.router} has no policy ${policy}`);
      }
      const named = [candidate.model, ...(candidate.fallbacks ?? [])];
      const held = await holdCandidates(tx, tenantId, named);
      const missing = named.findIndex((slug) => !held.has(slug));
      if (missing !== -1) {
        const at = missing === 0 ? "/candidate/model" : `/candidate/fallbacks/${missing - 1}`;
        return wrong(at, `there is no model ${named[missing] ?? ""}`);
      }
      const { guardrails, shadow } = input;
      const now = deps.now();
      const at = new Date(now).toISOString();
      const fields = {
        tenantId,
        id: deps.newId("rollout"),
        routerId: router.id,
        policy,
        candidate,
        ...firstShare(input, now),
        guardrails,
        shadow,
        createdAt: at,
        updatedAt: at,
      };
      const row = await insertRollout(tx, fields, input.router);
      if (row === null) return refuse("internal_error");
      const audit = { tenantId, action: "rollout.create", targetKind: "rollout", targetId: row.id };
      return ok({ value: rolloutView(row), audit: { ...audit, changes: difference({}, input) } });
    });
  } catch (error) {
    if (!isPolicyTaken(error)) throw error;
    return refuse("conflict", { message: `The policy ${policy} has a rollout already.`, param: "policy" });
  }
}

const wrong = (pointer: string, detail: string) => refuse("validation_failed", { errors: [{ pointer, detail }] });
