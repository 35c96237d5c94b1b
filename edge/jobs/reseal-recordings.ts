import { ServiceError } from "../errors.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import { resealed } from "../tenancy/secrets.ts";
import { recordingsToReseal, replaceRecording, type JobsDatabase, type SealedRecording } from "./jobs.store.ts";

interface ResealDeps {
  readonly env: Pick<Env, "CREDENTIAL_KEYS">;
  readonly jobs: JobsDatabase;
  readonly log: Log;
}

/** Conversations are long: a page of them is some megabytes. */
const PAGE_ROWS = 20;

/** Moves recordings from the ring's other keys to its first, page by page; both open meanwhile. */
export async function resealRecordings(deps: ResealDeps, inTime: () => boolean): Promise<void> {
  const [, ...others] = deps.env.CREDENTIAL_KEYS;
  for (const { id } of others) {
    let after = { tenant_id: "", decision_id: "" };
    for (let more = true; more && inTime();) {
      const page = await recordingsToReseal(deps.jobs, id, after, PAGE_ROWS);
      for (const found of page) await reseal(deps, found);
      after = page.at(-1) ?? after;
      more = page.length === PAGE_ROWS;
    }
  }
}

async function reseal({ env, jobs, log }: ResealDeps, found: SealedRecording): Promise<void> {
  const { tenant_id: tenantId, decision_id: ownerId, sealed } = found;
  try {
    await replaceRecording(jobs, found, await resealed(env.CREDENTIAL_KEYS, { tenantId, ownerId }, sealed));
  } catch (error) {
    if (!(error instanceof ServiceError) || error.refusal.code !== "internal_error") throw error;
    log("error", "recording_unreadable", { tenant_id: tenantId, decision_id: ownerId, key_id: sealed.key_id });
  }
}
