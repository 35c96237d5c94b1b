import { z } from "@hono/zod-openapi";
import { policyNameSchema, slugSchema } from "../../routing/router-document.ts";
import { idParam, pageQuery } from "../page.schema.ts";
import { instantSchema, lineSchema } from "../text.ts";

const MAX_MESSAGES = 200;
const MAX_MESSAGE_LENGTH = 20_000;
/** Characters of a case's messages together: the router model reads fewer, and pages of cases stay small. */
const MAX_CASE_LENGTH = 100_000;

const goldenMessageSchema = z.strictObject({
  role: z.enum(["user", "assistant"]),
  content: z.string().min(1).max(MAX_MESSAGE_LENGTH),
});

const expectedSchema = z
  .string()
  .refine(
    (name) => name === "other" || policyNameSchema.safeParse(name).success,
    "must be a policy's name, `other` for a turn that no policy fits, or null",
  )
  .nullable();

/** What people write of a golden case; a line of an import. */
export const goldenCaseInputSchema = z
  .strictObject({
    name: lineSchema(128).nullable().default(null),
    messages: z.array(goldenMessageSchema).min(1).max(MAX_MESSAGES),
    expected: z.array(expectedSchema).min(1).max(MAX_MESSAGES).openapi({
      description: "One for each user message: a policy's name, `other`, or null for a turn that is not scored.",
    }),
  })
  .superRefine(({ messages, expected }, context) => {
    const length = messages.reduce((sum, { content }) => sum + content.length, 0);
    if (length > MAX_CASE_LENGTH) {
      const message = `must hold ${String(MAX_CASE_LENGTH)} characters together at most`;
      context.addIssue({ code: "custom", path: ["messages"], message });
    }
    const turns = messages.filter(({ role }) => role === "user").length;
    const wrong = (message: string) => context.addIssue({ code: "custom", path: ["expected"], message });
    if (expected.length !== turns) wrong(`must have one entry for each of the ${String(turns)} user messages`);
    else if (expected.every((policy) => policy === null)) wrong("must score at least one turn");
  })
  .openapi("GoldenCaseInput");
export type GoldenCaseInput = z.infer<typeof goldenCaseInputSchema>;

export const goldenCaseSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    messages: z.array(goldenMessageSchema),
    expected: z.array(z.string().nullable()),
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("GoldenCase");
export type GoldenCaseView = z.infer<typeof goldenCaseSchema>;

export const importedCasesSchema = z.object({ imported: z.number().int() }).openapi("ImportedGoldenCases");
export type ImportedCases = z.infer<typeof importedCasesSchema>;

export const params = z.object({ slug: slugSchema });
export const caseParams = params.extend({ golden_case: idParam("golden_case") });

export const goldenCaseQuerySchema = pageQuery("golden_case").extend({
  format: z.enum(["json", "jsonl"]).default("json").openapi({
    description:
      "`jsonl`: all of them, oldest first, as lines that an import takes; `limit` and `cursor` do not apply.",
  }),
});

export const EXAMPLE_CASE: z.input<typeof goldenCaseInputSchema> = {
  name: "contract, then small talk",
  messages: [
    { role: "user", content: "Is clause 7 of this contract risky for us?" },
    { role: "assistant", content: "It shifts all liability to you." },
    { role: "user", content: "Thanks! How is the weather?" },
  ],
  expected: ["contract review", "other"],
};
