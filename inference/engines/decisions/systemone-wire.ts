import { z } from "zod";
import type { Decided } from "./decided.ts";
import { INSTRUCTIONS } from "./question.ts";
import type { Question } from "./question.ts";
import { readUsage, usageSchema } from "./usage.ts";

/** Under which the one question is asked. */
const ID = "policy";

const answerSchema = z.object({
  answers: z.object({
    [ID]: z.object({
      type: z.string(),
      choice: z.string().nullish(),
      probabilities: z.record(z.string(), z.number()).nullish(),
      option_mass: z.number().nullish(),
    }),
  }),
  /** vLLM's account of how much of the next token was an option's label. */
  diagnostics: z.object({ [ID]: z.object({ label_mass: z.number().nullish() }).nullish() }).nullish(),
  usage: usageSchema.nullish(),
});

/** The body of `POST /v1/systemone` (TypeSafe's wire). `extras` are fields that only some servers know. */
export function systemoneBody(question: Question, extras: Readonly<Record<string, unknown>>): string {
  const { model, options, conversation } = question;
  const state = conversation.map(({ role, content }) => ({ role, content }));
  const head = JSON.stringify({ model, state, ...extras }).slice(0, -1);
  // Option order is the object's order, so it is written out: an object of ours would move names that look like numbers.
  const criteria = options.map(({ value, description }) => `${JSON.stringify(value)}:${JSON.stringify(description)}`);
  const asked = `{"type":"choice","instructions":${JSON.stringify(INSTRUCTIONS)},"criteria":{${criteria.join(",")}}}`;
  return `${head},"questions":{"${ID}":${asked}}}`;
}

/** Reads an answer; null when it is not the wire's. */
export function readSystemone(answer: unknown): Decided | null {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return null;
  const { answers, diagnostics, usage } = parsed.data;
  const { type, choice, probabilities, option_mass: optionMass } = answers[ID];
  const tokens = readUsage(usage);
  if (type === "refusal") return { kind: "refusal", tokens };
  if (type !== "choice") return null;
  return {
    kind: "distribution",
    choice: choice ?? null,
    probabilities: probabilities ? new Map(Object.entries(probabilities)) : null,
    optionMass: diagnostics?.[ID]?.label_mass ?? optionMass ?? null,
    tokens,
  };
}
