import { z } from "zod";

/** What a router's settings call an engine. */
export const engineNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)
  .refine((name) => name !== "default" && name !== "embedded", "is a reserved name");

export const baseUrlsSchema = z
  .array(z.url({ protocol: /^https?$/ }))
  .min(1)
  .max(64);
