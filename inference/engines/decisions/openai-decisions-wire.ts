import { z } from "zod";
import type { Decided } from "./decided.ts";
import { INSTRUCTIONS } from "./question.ts";
import type { Question } from "./question.ts";
import { readUsage, usageSchema } from "./usage.ts";

/** Under which the one question is asked. */
const NAME = "policy";

const answerSchema = z.object({
  answers: z.array(
    z.object({
      type: z.string(),
      name: z.string().nullish(),
      choice: z.string().nullish(),
      probabilities: z.array(z.object({ value: z.string(), probability: z.number() })).nullish(),
    }),
  ),
  usage: usageSchema.nullish(),
});

/** The body of `POST /v1/decisions` (OpenAI's wire). */
export function openaiDecisionsBody({ model, options, conversation }: Question): string {
  return JSON.stringify({
    model,
    input: conversation.map(({ role, content }) => ({
      role,
      content: [{ type: role === "user" ? "input_text" : "output_text", text: content }],
    })),
    questions: [{ type: "choice", name: NAME, instructions: INSTRUCTIONS, choices: options }],
  });
}

/** Reads an answer; null when it is not the wire's. A question that the model refused is a refusal, not an error. */
export function readOpenaiDecisions(answer: unknown): Decided | null {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return null;
  const { answers, usage } = parsed.data;
  const given = answers.find(({ name }) => name === NAME) ?? (answers.length === 1 ? answers[0] : undefined);
  if (given === undefined) return null;
  const tokens = readUsage(usage);
  if (given.type === "refusal") return { kind: "refusal", tokens };
  if (given.type !== "choice") return null;
  const shares = given.probabilities?.map(({ value, probability }) => [value, probability] as const);
  const probabilities = shares === undefined ? null : new Map(shares);
  // Of two probabilities of one option nobody knows which is meant.
  if (probabilities?.size !== shares?.length) return null;
  return {
    kind: "distribution",
    choice: given.choice ?? null,
    probabilities,
    optionMass: null,
    tokens,
  };
}
