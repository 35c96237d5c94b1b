import { readFile } from "node:fs/promises";
import { z } from "zod";
import { guardrailsSchema } from "../../edge/rollouts/guardrails.schema.ts";
import { scheduleSchema } from "../../edge/rollouts/schedule.schema.ts";
import { slugSchema, targetSchema } from "../../edge/routing/router-document.ts";

/** A time of the simulated day, `HH:MM`. */
const timeSchema = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .transform((text) => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * 60_000);

/** How a model answers. Shares are of its answers. */
const behaviourSchema = z.strictObject({
  /** Medians, in milliseconds. */
  first_byte_ms: z.number().positive(),
  rest_ms: z.number().min(0),
  output_tokens: z.number().positive(),
  /** Share that fails before its first byte. */
  failing: z.number().min(0).max(1).default(0),
  /** Share that breaks off. */
  breaking_off: z.number().min(0).max(1).default(0),
  /** Share of the users who say something that are pleased. */
  pleasing: z.number().min(0).max(1),
});
export type Behaviour = z.infer<typeof behaviourSchema>;

const modelSchema = behaviourSchema.extend({
  prices: z.strictObject({ input_per_million: z.number(), output_per_million: z.number() }),
  /** What it turns into, little by little between two times. */
  drift: z.strictObject({ from: timeSchema, until: timeSchema, to: behaviourSchema.partial() }).optional(),
});

const tenantSchema = z.strictObject({
  name: z.string(),
  requests: z.number().int().min(1),
  /** Share of users who say whether an answer was any good. */
  rating: z.number().min(0).max(1),
  models: z.record(slugSchema, modelSchema),
  policies: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      model: slugSchema,
      /** Share of the requests, and what they ask. */
      share: z.number().min(0),
      asks: z.array(z.string()).min(1),
    }),
  ),
  fallback: slugSchema,
  rollouts: z
    .array(
      z.strictObject({
        at: timeSchema,
        policy: z.string(),
        candidate: targetSchema,
        schedule: scheduleSchema,
        guardrails: guardrailsSchema,
      }),
    )
    .default([]),
});
export type ScriptTenant = z.infer<typeof tenantSchema>;

const scriptSchema = z.strictObject({
  date: z.iso.date(),
  /** The simulated part of the day. */
  from: timeSchema,
  until: timeSchema,
  /** Minutes between two runs of the jobs. */
  jobs_every_minutes: z.number().int().min(1).max(60),
  /** How busy each hour of the day is, beside the others. */
  busy: z.array(z.number().min(0)).length(24),
  tenants: z.array(tenantSchema).min(1),
});
/** A day of traffic. Times are milliseconds of the day. */
export type Script = z.infer<typeof scriptSchema>;

/** Reads a script; throws with what is wrong in it. */
export async function readScript(path: string | URL): Promise<Script> {
  return parseScript(JSON.parse(await readFile(path, "utf8")) as unknown);
}

export function parseScript(value: unknown): Script {
  const parsed = scriptSchema.safeParse(value);
  if (!parsed.success) throw new Error(`the script is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** How a model answers at a time of the day, its drift included. */
export function behaviourAt(model: ScriptTenant["models"][string], timeOfDay: number): Behaviour {
  const { drift } = model;
  if (drift === undefined) return model;
  const gone = Math.min(1, Math.max(0, (timeOfDay - drift.from) / Math.max(1, drift.until - drift.from)));
  const between = (name: keyof Behaviour): number =>
    model[name] + gone * ((drift.to[name] ?? model[name]) - model[name]);
  return {
    first_byte_ms: between("first_byte_ms"),
    rest_ms: between("rest_ms"),
    output_tokens: between("output_tokens"),
    failing: between("failing"),
    breaking_off: between("breaking_off"),
    pleasing: between("pleasing"),
  };
}
