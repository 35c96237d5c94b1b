import { z } from "@hono/zod-openapi";
import { pointer } from "../http/validation-hook.ts";
import { FINDING_CODES, type Finding } from "../routing/finding.ts";

/** What is wrong with a draft, as the lint lists it and as a refused publish does. */
export const findingSchema = z
  .object({
    severity: z.enum(["error", "warning", "info"]).openapi({ description: "Errors keep it from being published." }),
    code: z.enum(FINDING_CODES),
    pointer: z.string().openapi({ description: "JSON pointer into the draft." }),
    message: z.string(),
    hint: z.string().openapi({ description: "What to do about it." }),
  })
  .openapi("Finding");
export type FindingView = z.infer<typeof findingSchema>;

export const findingView = ({ path, ...finding }: Finding): FindingView => ({ ...finding, pointer: pointer(path) });
