import type { Transaction } from "../../db/client.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { settingsUnder } from "../../routing/settings-under.ts";
import { warm } from "../routers/publish-document.ts";
import { publishSettings } from "../routers/publish-settings.ts";
import { publishTarget } from "../routers/publish-target.ts";
import { write } from "../write.ts";
import { isOpen } from "./is-open.ts";
import { lockRollout, updateRolloutRow, type RolloutRow } from "./rollouts.store.ts";
import type { RolloutView } from "./schema.ts";
import { rolloutView } from "./view.ts";

/** Ends a rollout with its candidate as the policy's target, or as what decides for the router, in a new version of the router and in its draft. */
export async function promoteRollout(context: TenantContext, id: string): Promise<Result<RolloutView>> {
  const { deps, tenantId } = context;
  const made: RouterDocument[] = [];
  const promoted = await write(context, async (tx) => {
    const row = await lockRollout(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (row.status === "promoted") return ok({ value: rolloutView(row), audit: null });
    if (!isOpen(row)) return refuse("conflict", { message: `The rollout is ${row.status} and stays so.` });
    const version = await publishCandidate(tx, context, row);
    if (!version.ok) return version;
    made.push(version.value.document);
    const updated = await updateRolloutRow(tx, row, { status: "promoted" }, new Date(deps.now()).toISOString());
    const to = { status: "promoted", published_version: version.value.version };
    const changes = difference({ status: row.status }, to);
    return ok({
      value: rolloutView(updated),
      audit: { tenantId, action: "rollout.promote", targetKind: "rollout", targetId: id, changes },
    });
  });
  if (promoted.ok) await warm(context, made);
  return promoted;
}

function publishCandidate(tx: Transaction, context: TenantContext, { id, router, policy, candidate }: RolloutRow) {
  const note = `Rollout ${id}`;
  if ("engine" in candidate) {
    return publishSettings(tx, context, router, (settings) => settingsUnder(settings, candidate), note);
  }
  if (policy === null) throw new Error("a candidate target belongs to a policy");
  return publishTarget(tx, context, router, policy, candidate, note);
}
