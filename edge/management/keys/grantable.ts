import { refuse, type Result, ok } from "../../errors.ts";
import { hasScope } from "../../tenancy/scopes.ts";
import type { SnapshotKey } from "../../tenancy/snapshot.ts";
import type { CreateKey } from "./schema.ts";

type Powers = Pick<CreateKey, "scopes" | "allowed_models" | "allowed_routers">;

/** Whether a key may make or change one with these powers: never more than it holds itself, unless it is an admin key. */
export function grantable(maker: SnapshotKey, wanted: Powers): Result<true> {
  if (hasScope(maker, "admin")) return ok(true);
  const scope = wanted.scopes.find((candidate) => !hasScope(maker, candidate));
  if (scope !== undefined) {
    return refuse("insufficient_scope", { message: `A key without scope ${scope} cannot grant it.`, param: "scopes" });
  }
  if (!within(wanted.allowed_models, maker.allowed_models)) {
    return refuse("model_not_allowed", {
      message: "A key cannot grant models it may not use.",
      param: "allowed_models",
    });
  }
  if (!within(wanted.allowed_routers, maker.allowed_routers)) {
    const message = "A key cannot grant routers it may not use.";
    return refuse("model_not_allowed", { message, param: "allowed_routers" });
  }
  return ok(true);
}

/** Null stands for everything. */
function within(wanted: readonly string[] | null, held: readonly string[] | null): boolean {
  return held === null || (wanted?.every((item) => held.includes(item)) ?? false);
}
