import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import type { Idempotency, OperatorContext, TenantContext } from "./context.ts";

/** The tenant whose key made this request; `input` is what an `Idempotency-Key` is bound to. */
export function tenantContext(c: Context<AppEnv>, input: unknown = null): TenantContext {
  const { key, tenant } = c.get("principal");
  return {
    deps: c.get("deps"),
    scope: { tenantId: tenant.tenantId },
    tenantId: tenant.tenantId,
    paidEngines: tenant.paidEngines,
    key,
    actor: key.id,
    requestId: c.get("requestId"),
    idempotency: idempotency(c, input),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}

/** The operator; the authentication middleware has let nobody else come this far. */
export function operatorContext(c: Context<AppEnv>, input: unknown = null): OperatorContext {
  return {
    deps: c.get("deps"),
    scope: { operator: true },
    actor: "operator",
    requestId: c.get("requestId"),
    idempotency: idempotency(c, input),
  };
}

function idempotency(c: Context<AppEnv>, input: unknown): Idempotency | null {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  return { key, route: `${c.req.method} ${c.req.path}`, fingerprint: JSON.stringify(input) };
}
