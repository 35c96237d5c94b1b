import { z } from "zod";

const envelopeSchema = z.object({ success: z.boolean(), result: z.unknown() });

/** Reads what Workers AI wraps in `{"result","success","errors","messages"}`; an answer without a wrapper as it is. */
export function unwrapWorkersAi<T>(answer: unknown, read: (answer: unknown) => T | null): T | null {
  const parsed = envelopeSchema.safeParse(answer);
  if (!parsed.success) return read(answer);
  return parsed.data.success ? read(parsed.data.result) : null;
}
