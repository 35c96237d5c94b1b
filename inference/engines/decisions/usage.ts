import { z } from "zod";
import type { DecisionTokens } from "./decided.ts";

/** Token counts as both wires give them; servers differ in what they leave out. */
export const usageSchema = z.object({
  input_tokens: z.number().nonnegative().nullish(),
  output_tokens: z.number().nonnegative().nullish(),
  input_tokens_details: z.object({ cached_tokens: z.number().nonnegative().nullish() }).nullish(),
});

/** Null when the input was not counted: what is unknown is not nothing. */
export function readUsage(usage: z.infer<typeof usageSchema> | null | undefined): DecisionTokens | null {
  if (typeof usage?.input_tokens !== "number") return null;
  return {
    prompt: usage.input_tokens,
    cached: usage.input_tokens_details?.cached_tokens ?? 0,
    completion: usage.output_tokens ?? 0,
  };
}
