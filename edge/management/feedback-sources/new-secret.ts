import type { Deps } from "../../deps.ts";
import { toBase64 } from "../../tenancy/base64.ts";
import { seal } from "../../tenancy/secrets.ts";
import type { SecretRow } from "./sources.store.ts";

interface NewSecret {
  readonly row: SecretRow;
  /** A secret that was made, to be shown once; absent for one that was given. */
  readonly shown: { readonly secret?: string };
}

const LENGTH = 32;

/** A source's new secret, sealed: the one that was given, or a random one. */
export async function newSecret(
  deps: Pick<Deps, "env" | "newId" | "now" | "random">,
  tenantId: string,
  sourceId: string,
  given: string | undefined,
): Promise<NewSecret> {
  const id = deps.newId("feedback_secret");
  const secret = given ?? `whsec_${toBase64(Uint8Array.from({ length: LENGTH }, () => deps.random() * 256))}`;
  const row = {
    tenantId,
    id,
    sourceId,
    sealed: await seal(deps.env.CREDENTIAL_KEYS, { tenantId, ownerId: id }, secret),
    expiresAt: null,
    createdAt: new Date(deps.now()).toISOString(),
  };
  return { row, shown: given === undefined ? { secret } : {} };
}

/** What a replay says in place of a secret that was shown. */
export const alreadyShown = ({ shown }: NewSecret): { readonly secret_already_shown?: true } =>
  shown.secret === undefined ? {} : { secret_already_shown: true };
