import type { Deps } from "../deps.ts";
import { ok, refuse, ServiceError, type Result } from "../errors.ts";
import type { WaitUntil } from "../wait-until.ts";
import { DEVELOPMENT_ENVIRONMENT, OPERATOR_ENVIRONMENT, hashApiKey, parseApiKey } from "./api-key.ts";
import type { Principal, SnapshotKey } from "./snapshot.ts";

interface Credentials {
  /** The `authorization` header as it came. */
  readonly authorization: string | undefined;
  /** What 401s are counted by. */
  readonly clientAddress: string;
  readonly waitUntil: WaitUntil;
}

type AuthDeps = Pick<Deps, "env" | "now" | "snapshots" | "authLimits">;

const BEARER = /^Bearer +([!-~]{1,128})$/i;
/** Seconds after which a caller may find the database answering again. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Establishes who asks. All that is wrong with a key itself is one 401 with one text; a suspended or leaving tenant is
 * 403; too many refusals from one address are 429. What has not the form of a key costs no look-up, and a key known to
 * be bad none either.
 */
export async function authenticate(deps: AuthDeps, credentials: Credentials): Promise<Result<Principal>> {
  const token = wellFormedToken(credentials.authorization, (environment) => isTenants(environment, deps));
  if (token === null) return refuseKey(deps, credentials);
  const hash = await hashApiKey(token);
  const { lookups } = deps.authLimits;
  const address = credentials.clientAddress;

  // An unknown key costs a read of the database: it is paid for first, and paid back unless nobody has the key.
  const paid = deps.snapshots.needsFirstRead(hash);
  const waitSeconds = paid ? lookups.take(address, deps.now()) : null;
  if (waitSeconds !== null) return refuse("rate_limit_exceeded", { retryAfterSeconds: waitSeconds });
  const found = await deps.snapshots.find(hash, credentials.waitUntil);
  if (paid && found.kind !== "unknown") lookups.giveBack(address, deps.now());

  switch (found.kind) {
    case "unknown":
      return paid ? refuse("invalid_api_key") : refuseKey(deps, credentials);
    case "unavailable":
      return refuse("tenant_config_unavailable", { retryAfterSeconds: RETRY_AFTER_SECONDS });
    case "broken":
      throw new ServiceError({ code: "internal_error" });
    case "known": {
      const { key, tenant, staleSeconds } = found;
      if (!isTenants(key.environment, deps) || !isInForce(key, deps.now())) return refuseKey(deps, credentials);
      return tenant.status === "active" ? ok({ key, tenant, staleSeconds }) : refuse("tenant_suspended");
    }
  }
}

/** Lets the operator's key pass, whose SHA-256 this deployment is configured with; anything else is the same 401. */
export async function authenticateOperator(deps: AuthDeps, credentials: Credentials): Promise<Result<true>> {
  const token = wellFormedToken(credentials.authorization, (environment) => environment === OPERATOR_ENVIRONMENT);
  if (token === null || !deps.env.OPERATOR_KEY_HASHES.includes(await hashApiKey(token))) {
    return refuseKey(deps, credentials);
  }
  return ok(true);
}

function wellFormedToken(authorization: string | undefined, accepts: (environment: string) => boolean): string | null {
  const token = BEARER.exec(authorization ?? "")?.[1];
  const parsed = token === undefined ? null : parseApiKey(token);
  return token !== undefined && parsed !== null && accepts(parsed.environment) ? token : null;
}

function isTenants(environment: string, { env }: AuthDeps): boolean {
  if (environment === OPERATOR_ENVIRONMENT) return false;
  return environment !== DEVELOPMENT_ENVIRONMENT || env.ENVIRONMENT !== "production";
}

/** A date that cannot be read counts as past. */
function isInForce({ revoked_at, expires_at }: SnapshotKey, now: number): boolean {
  return revoked_at === null && (expires_at === null || Date.parse(expires_at) > now);
}

function refuseKey({ authLimits, now }: AuthDeps, { clientAddress }: Credentials): Result<never> {
  const retryAfterSeconds = authLimits.refusals.take(clientAddress, now());
  return retryAfterSeconds === null ? refuse("invalid_api_key") : refuse("rate_limit_exceeded", { retryAfterSeconds });
}
