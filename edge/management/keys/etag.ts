import { sha256Hex } from "../../routing/sha256.ts";
import { isoOrNull } from "../text.ts";
import type { KeyRow } from "./keys.store.ts";

/** The version of what people may change of a key; its use changes nothing of it. */
export function keyEtag(row: KeyRow): Promise<string> {
  const { name, scopes, allowedModels, allowedRouters, expiresAt, revokedAt } = row;
  const instants = [isoOrNull(expiresAt), isoOrNull(revokedAt)];
  return sha256Hex(JSON.stringify([name, scopes, allowedModels, allowedRouters, ...instants]));
}
