import { createRoute, z } from "@hono/zod-openapi";
import { slugSchema } from "../../routing/router-document.ts";
import { findingSchema } from "../finding.schema.ts";
import { json, needs, responses } from "../operation.schema.ts";

const lintSchema = z.object({ findings: z.array(findingSchema) }).openapi("Lint");
export type LintView = z.infer<typeof lintSchema>;

export const lint = createRoute({
  method: "get",
  path: "/routers/{slug}/lint",
  ...needs("policies:read"),
  tags: ["Routers"],
  summary: "Say what is wrong with a router's draft, or likely to be",
  description:
    "Policies are compared by the embedded engine's own similarity, as whole texts and by their descriptions alone: " +
    "when the mean of both is 0.77 they `overlap`, from 0.8 on one is a `near_duplicate`, whether it says the same in " +
    "other words or something else in the same: a router model hardly tells either apart. Of two policies of domains, " +
    "the lesser counts. Its encoder reads English: in other languages, texts are alike from 0.85 on, and whether a " +
    "description is closer to a sibling's name is not said. Lengths are estimated and compared with " +
    "what the engine of the draft's settings reads. What the inference service cannot be asked is named as unchecked.",
  request: { params: z.object({ slug: slugSchema }) },
  responses: responses(json(200, "The findings", lintSchema), "not_found"),
});
