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
  const text = new TextEncoder().encode(JSON.stringify([rolloutId, conversationKey]));
  const digest = new DataView(await crypto.subtle.digest("SHA-256", text));
  // The first 52 bits, as many as a double holds exactly.
  const place = (digest.getUint32(0) * 2 ** 20 + (digest.getUint32(4) >>> 12)) / 2 ** 52;
  return place < percent / 100 ? "candidate" : "control";
}
