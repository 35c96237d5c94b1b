import type { Env } from "../env.ts";
import { ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { open } from "../tenancy/secrets.ts";
import type { Sealed } from "../tenancy/snapshot.ts";
import { recordedSchema, type Recorded } from "./recorded.schema.ts";

interface OpenDeps {
  readonly env: Pick<Env, "CREDENTIAL_KEYS">;
  readonly log: Log;
}

interface SealedRecording {
  readonly tenantId: string;
  readonly decisionId: string;
  readonly sealed: Sealed;
}

/** What was said; null, and told to the log by its ids, when no key of the ring opens it for this decision. */
export async function openRecording(
  { env, log }: OpenDeps,
  { tenantId, decisionId, sealed }: SealedRecording,
): Promise<Recorded | null> {
  try {
    const text = await open(env.CREDENTIAL_KEYS, { tenantId, ownerId: decisionId }, sealed);
    return recordedSchema.parse(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    log("error", "recording_unreadable", { tenant_id: tenantId, decision_id: decisionId, key_id: sealed.key_id });
    return null;
  }
}
