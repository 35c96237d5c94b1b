import type { DecideRequest, DecideResponse, Policy, Turn } from "../../inference/contract/index.ts";

export const policies: Policy[] = [
  { name: "weather", description: "Weather now and in the coming days" },
  { name: "recipes", description: "Find recipes and explain how to cook a dish" },
  { name: "trains", description: "Train times, tickets and delays" },
];

export const user = (content: string): Turn => ({ role: "user", content });
export const assistant = (content: string): Turn => ({ role: "assistant", content });

/** A body of `POST /v1/decide` with room to spare in its deadline. */
export function decideRequest(conversation: readonly Turn[], rest: Partial<DecideRequest> = {}): DecideRequest {
  return { contract: 1, policies, conversation: [...conversation], deadlineMs: 20_000, ...rest };
}

/** The policy with the highest probability; `other` for null. */
export function best({ scores }: DecideResponse): string {
  return scores.reduce((a, b) => (b.probability > a.probability ? b : a)).policy ?? "other";
}
