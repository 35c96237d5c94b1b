import type { Turn } from "../../inference/contract/index.ts";
import { sha256Hex } from "./sha256.ts";

interface Decided {
  readonly tenantId: string;
  readonly policyDigest: string;
  /** The engine the router asks for. */
  readonly engine: string;
  /** Up to and including the last user turn. */
  readonly conversation: readonly Turn[];
}

/** Under which a reading may be found again. The tenant is spelled out in front, so that no two ever share one. */
export async function memoKey({ tenantId, policyDigest, engine, conversation }: Decided): Promise<string> {
  const turns = conversation.map(({ role, content }) => [role, content]);
  return `${tenantId}:${await sha256Hex(JSON.stringify([policyDigest, engine, turns]))}`;
}
