import type { Policy } from "../contract/index.ts";
import { OTHER } from "../prompts/formats.ts";
import type { Refusal } from "../errors.ts";

/** Refuses a policy set that names the outcome `other`: an answer could not be told from it. */
export function reservedPolicy(policies: readonly Policy[]): Refusal | null {
  const index = policies.findIndex((policy) => policy.name === OTHER);
  if (index === -1) return null;
  return { code: "invalid_request", message: "`other` is a reserved name.", param: `policies.${index}.name` };
}
