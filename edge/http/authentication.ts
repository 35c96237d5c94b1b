import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { authenticate, authenticateOperator } from "../tenancy/authenticate.ts";
import type { WaitUntil } from "../wait-until.ts";
import type { AppEnv } from "./app-env.ts";
import { clientAddress } from "./client-address.ts";
import { respond } from "./respond.ts";

/** Establishes the tenant key behind a request and sets `principal`; nothing is loaded before it agrees. */
export const tenantAuthentication = createMiddleware<AppEnv>(async (c, next) => {
  const deps = c.get("deps");
  const began = deps.now();
  const result = await authenticate(deps, credentials(c));
  c.set("authMs", deps.now() - began);
  if (!result.ok) return respond(c, result.refusal);
  c.set("principal", result.value);
  await next();
  const { staleSeconds } = result.value;
  if (staleSeconds !== null) c.header("x-signalbox-config", `stale;age=${staleSeconds}`);
});

/** Notes the use of the key behind a management request; where requests leave receipts, these tell. */
export const keyUse = createMiddleware<AppEnv>(async (c, next) => {
  const { keyUse: uses, now } = c.get("deps");
  await next();
  uses.note(c.get("principal"), now(), (work) => c.executionCtx.waitUntil(work));
});

/** Lets only the operator's key pass: the routes behind it work across tenants. */
export const operatorAuthentication = createMiddleware<AppEnv>(async (c, next) => {
  const result = await authenticateOperator(c.get("deps"), credentials(c));
  if (!result.ok) return respond(c, result.refusal);
  await next();
});

interface Credentials {
  readonly authorization: string | undefined;
  readonly clientAddress: string;
  readonly waitUntil: WaitUntil;
}

function credentials(c: Context<AppEnv>): Credentials {
  return {
    authorization: c.req.header("authorization"),
    clientAddress: clientAddress(c, c.get("deps")),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}
