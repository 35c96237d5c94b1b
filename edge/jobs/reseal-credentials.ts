import { ServiceError } from "../errors.ts";
import { resealed } from "../tenancy/secrets.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import { credentialsToReseal, replaceSealed, type JobsDatabase, type SealedCredential } from "./jobs.store.ts";

interface ResealDeps {
  readonly env: Pick<Env, "CREDENTIAL_KEYS">;
  readonly jobs: JobsDatabase;
  readonly log: Log;
}

const PAGE_ROWS = 100;

/**
 * Moves credentials to the ring's first key, page by page, while requests use them: both keys open meanwhile, and who
 * changes one at the same moment wins. One that no key of the ring opens is logged by id and left.
 */
export async function resealCredentials(deps: ResealDeps, inTime: () => boolean): Promise<void> {
  const [first] = deps.env.CREDENTIAL_KEYS;
  if (first === undefined) return;
  let after = "";
  while (inTime()) {
    const page = await credentialsToReseal(deps.jobs, first.id, after, PAGE_ROWS);
    for (const found of page) {
      await reseal(deps, found);
      after = `${found.tenant_id}/${found.provider_id}`;
    }
    if (page.length < PAGE_ROWS) return;
  }
}

async function reseal({ env, jobs, log }: ResealDeps, found: SealedCredential): Promise<void> {
  const { tenant_id: tenantId, provider_id: ownerId, credential } = found;
  try {
    const sealed = await resealed(env.CREDENTIAL_KEYS, { tenantId, ownerId }, credential);
    if (sealed !== credential) await replaceSealed(jobs, found, sealed);
    else log("warn", "credential_unreadable", { tenant_id: tenantId, owner_id: ownerId, key_id: credential.key_id });
  } catch (error) {
    if (!(error instanceof ServiceError) || error.refusal.code !== "internal_error") throw error;
    log("error", "credential_unreadable", { tenant_id: tenantId, owner_id: ownerId, key_id: credential.key_id });
  }
}
