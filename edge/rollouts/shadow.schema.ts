import { z } from "zod";

/** How a candidate is tried on copies of requests that others answer. Its answers are metered and thrown away. */
export const shadowSchema = z.strictObject({
  /** Share of the control arm's conversations whose requests are copied. */
  percent: z.number().gt(0).max(100),
  /** Tokens that one copy may answer with; an answer that wants more counts as censored. */
  max_output_tokens: z.number().int().min(1).max(32_768).default(1_024),
  /** Tokens, input and output, that all copies of one UTC day may take. */
  tokens_per_day: z.number().int().min(1).max(1_000_000_000).default(1_000_000),
  /** Milliseconds after which a copy is cut off; in any case 20 s after its request has been answered. */
  deadline_ms: z.number().int().min(10).max(600_000).default(60_000),
});
export type ShadowSettings = z.infer<typeof shadowSchema>;
