import { and, eq, sql } from "drizzle-orm";
import type { DbScope, Transaction } from "../db/client.ts";
import { idempotencyKeys, operatorIdempotencyKeys } from "../db/schema.ts";
import type { Claim } from "./idempotency.ts";

interface Remembered {
  readonly bodyHash: string;
  readonly response: unknown;
}

const EXPIRED = sql`now() - interval '24 hours'`;

/**
 * Takes the claim for this transaction and gives null, or gives what was remembered under it in the last 24 hours.
 * The insert waits for a concurrent transaction that holds the same claim.
 */
export async function claimAnswer(tx: Transaction, scope: DbScope, claim: Claim): Promise<Remembered | null> {
  const fresh = { bodyHash: claim.bodyHash, response: {} };
  const renewed = { ...fresh, createdAt: sql`now()` };
  if ("tenantId" in scope) {
    const { tenantId } = scope;
    const claimed = await tx
      .insert(idempotencyKeys)
      .values({ tenantId, scopeHash: claim.scopeHash, ...fresh })
      .onConflictDoUpdate({
        target: [idempotencyKeys.tenantId, idempotencyKeys.scopeHash],
        set: renewed,
        setWhere: sql`${idempotencyKeys.createdAt} < ${EXPIRED}`,
      })
      .returning({ scopeHash: idempotencyKeys.scopeHash });
    if (claimed.length > 0) return null;
    const [row] = await tx.select().from(idempotencyKeys).where(inTenant(tenantId, claim));
    return row ?? null;
  }
  const claimed = await tx
    .insert(operatorIdempotencyKeys)
    .values({ scopeHash: claim.scopeHash, ...fresh })
    .onConflictDoUpdate({
      target: operatorIdempotencyKeys.scopeHash,
      set: renewed,
      setWhere: sql`${operatorIdempotencyKeys.createdAt} < ${EXPIRED}`,
    })
    .returning({ scopeHash: operatorIdempotencyKeys.scopeHash });
  if (claimed.length > 0) return null;
  const [row] = await tx
    .select()
    .from(operatorIdempotencyKeys)
    .where(eq(operatorIdempotencyKeys.scopeHash, claim.scopeHash));
  return row ?? null;
}

/** Puts the answer to the claim that this transaction took. */
export async function rememberAnswer(tx: Transaction, scope: DbScope, claim: Claim, response: object): Promise<void> {
  if ("tenantId" in scope) {
    await tx.update(idempotencyKeys).set({ response }).where(inTenant(scope.tenantId, claim));
  } else {
    const own = eq(operatorIdempotencyKeys.scopeHash, claim.scopeHash);
    await tx.update(operatorIdempotencyKeys).set({ response }).where(own);
  }
}

const inTenant = (tenantId: string, claim: Claim) =>
  and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.scopeHash, claim.scopeHash));
