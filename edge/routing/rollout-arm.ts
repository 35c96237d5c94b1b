import { encodeUtf8 } from "../utf8.ts";

export type Arm = "control" | "candidate";

/** A share of conversations, in percent, that a rollout sends to its candidate. */
interface Split {
  readonly rolloutId: string;
  readonly percent: number;
}

/**
 * The arm of a conversation: where a hash of (rollout, conversation key) falls in [0, 1). The conversation stays where
 * it is in every isolate, widening only ever moves conversations to the candidate, and two rollouts split independently.
 * `conversationKey` is already keyed with the tenant's secret, so nobody outside can choose an arm.
 */
export async function rolloutArm({ rolloutId, percent }: Split, conversationKey: string): Promise<Arm> {
  return (await placeOf([rolloutId, conversationKey])) < percent / 100 ? "candidate" : "control";
}

/** Whether a conversation is among those that a rollout copies: drawn as arms are, but independently of them. */
export async function isShadowed({ rolloutId, percent }: Split, conversationKey: string): Promise<boolean> {
  return (await placeOf([rolloutId, conversationKey, "shadow"])) < percent / 100;
}

/** A place in [0, 1) that is always the same for the same parts. */
async function placeOf(parts: readonly string[]): Promise<number> {
  const text = encodeUtf8(JSON.stringify(parts));
  const digest = new DataView(await crypto.subtle.digest("SHA-256", text));
  // The first 52 bits, as many as a double holds exactly.
  return (digest.getUint32(0) * 2 ** 20 + (digest.getUint32(4) >>> 12)) / 2 ** 52;
}
