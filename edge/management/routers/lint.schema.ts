import { createRoute, z } from "@hono/zod-openapi";
import { slugSchema } from "../../routing/router-document.ts";
import { json, needs, responses } from "../operation.schema.ts";

const lintSchema = z
  .object({
    findings: z.array(
      z.object({
        severity: z.enum(["error", "warning", "info"]).openapi({ description: "Errors keep it from being published." }),
        code: z.string(),
        pointer: z.string().openapi({ description: "JSON pointer into the draft." }),
        message: z.string(),
        hint: z.string().openapi({ description: "What to do about it." }),
      }),
    ),
  })
  .openapi("Lint");
export type LintView = z.infer<typeof lintSchema>;

export const lint = createRoute({
  method: "get",
  path: "/routers/{slug}/lint",
  ...needs("policies:read"),
  tags: ["Routers"],
  summary: "Say what is wrong with a router's draft, or likely to be",
  description: "Policies are compared with each other by the embedded engine's own similarity.",
  request: { params: z.object({ slug: slugSchema }) },
  responses: responses(json(200, "The findings", lintSchema), "not_found"),
});
