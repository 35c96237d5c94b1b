import { ok, refuse, type Result } from "../../errors.ts";
import type { EngineCandidate } from "../../rollouts/engine-candidate.schema.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { insertRollout, isPolicyTaken, publishedRouter } from "./rollouts.store.ts";
import { firstShare } from "./schedule.ts";
import type { CreateRollout, RolloutView } from "./schema.ts";
import { rolloutView } from "./view.ts";

/** Begins to have a share of a router's conversations decided by another engine. A router has one such rollout at most. */
export async function createRouterRollout(
  context: TenantContext,
  input: CreateRollout,
  candidate: EngineCandidate,
): Promise<Result<RolloutView>> {
  const { deps, tenantId, waitUntil } = context;
  const { guardrails, shadow } = input;
  if (guardrails.feedback_score !== undefined) {
    return wrong(
      "/guardrails/feedback_score",
      "watches the rollouts of policies; of a router's model, watch the others",
    );
  }
  const engines = await deps.decider.engines();
  if (engines === null) return refuse("service_unavailable");
  if (candidate.engine !== "default" && !engines.includes(candidate.engine)) {
    return wrong("/candidate/engine", `there is no engine ${candidate.engine}; there are ${engines.join(", ")}`);
  }
  const decides: RouterDocument[] = [];
  try {
    const created = await write(context, async (tx) => {
      const router = await publishedRouter(tx, tenantId, input.router);
      if (router === null) return wrong("/router", `there is no published router ${input.router}`);
      const id = deps.newId("rollout");
      const now = deps.now();
      const at = new Date(now).toISOString();
      const times = { createdAt: at, updatedAt: at };
      const share = firstShare(input, now);
      const fields = {
        tenantId,
        id,
        routerId: router.id,
        policy: null,
        candidate,
        guardrails,
        shadow,
        ...share,
        ...times,
      };
      const row = await insertRollout(tx, fields, input.router);
      if (row === null) return refuse("internal_error");
      decides.push(router.document);
      const audit = { tenantId, action: "rollout.create", targetKind: "rollout", targetId: row.id };
      return ok({ value: rolloutView(row), audit: { ...audit, changes: difference({}, input) } });
    });
    for (const { policies } of decides) waitUntil(deps.decider.prepare(policies, candidate.engine));
    return created;
  } catch (error) {
    if (!isPolicyTaken(error)) throw error;
    return refuse("conflict", { message: `The router ${input.router} has such a rollout already.`, param: "router" });
  }
}

const wrong = (pointer: string, detail: string) => refuse("validation_failed", { errors: [{ pointer, detail }] });
