import { z } from "@hono/zod-openapi";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { requireScope } from "../http/require-scope.ts";
import type { Scope } from "../tenancy/snapshot.ts";
import { findingSchema } from "./finding.schema.ts";
import { storableBody } from "./storable-body.ts";

/** RFC 9457; `code` is stable, `errors` lists what is wrong with an input. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string().optional(),
    param: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    findings: z
      .array(findingSchema)
      .optional()
      .openapi({ description: "What keeps a draft from being published, as its lint lists it." }),
    request_id: z.string(),
  })
  .openapi("Problem");

/** What a route asks of its caller, as data: a tenant key with this scope. Spread into `createRoute`. */
export const needs = (scope: Scope) => ({
  middleware: [requireScope(scope), storableBody],
  security: [{ tenantKey: [] }],
  "x-required-scope": scope,
});

/** A route of the operator; `app.ts` lets no other key reach it. Spread into `createRoute`. */
export const needsOperator = () => ({
  middleware: [storableBody],
  security: [{ operatorKey: [] }],
  "x-required-scope": "operator",
});

/** A JSON body that must be there. */
export const jsonBody = <T extends z.ZodType>(schema: T, example: z.input<T>) => ({
  required: true as const,
  content: { "application/json": { schema, example: example as unknown } },
});

/** A JSON body that must be there, with an example of each thing that it may be about, by name. */
export const jsonBodyLike = <T extends z.ZodType>(schema: T, examples: Readonly<Record<string, z.input<T>>>) => ({
  required: true as const,
  content: {
    "application/json": {
      schema,
      examples: Object.fromEntries(
        Object.entries(examples).map(([name, value]) => [name, { value: value as unknown }]),
      ),
    },
  },
});

/** Request headers of a write: its answer is remembered for 24 hours under this key. */
export const writeHeaders = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/, "1 to 255 printable ASCII characters")
    .optional()
    .openapi({ description: "Makes a retry of this request safe for 24 hours: the first answer is given again." }),
});

/** Request headers of a write that names the version it replaces. */
export const versionedWriteHeaders = writeHeaders.extend({
  "if-match": z
    .string()
    .max(4096)
    .optional()
    .openapi({ description: "The ETag of what this write replaces, or `*`. Required." }),
});

/** The response header of something that people edit. */
export const ETAG = { etag: { description: "Its version, for If-Match.", schema: { type: "string" as const } } };

/** Refusals of every write that names the version it replaces. */
export const VERSION_REFUSALS = ["precondition_failed", "precondition_required"] as const;

interface DocumentedResponse {
  readonly description: string;
  readonly headers?: Record<string, { description: string; schema: { type: "string" } }>;
  readonly content?: Record<string, { schema: z.ZodType }>;
}

/** Refusals that any operation may answer. */
const EVERYWHERE: readonly ErrorCode[] = [
  "invalid_request_error",
  "invalid_api_key",
  "insufficient_scope",
  "tenant_suspended",
  "rate_limit_exceeded",
  "internal_error",
  "service_unavailable",
  "tenant_config_unavailable",
];

/** Refusals of every operation that reads a body. */
export const BODY_REFUSALS = ["request_too_large", "unsupported_media_type", "validation_failed"] as const;

/** The success of an operation and its refusals, as an OpenAPI document states them. */
export function responses(
  success: DocumentedResponse & { readonly status: 200 | 201 | 202 | 204 },
  ...refusals: readonly ErrorCode[]
): Record<number, DocumentedResponse> {
  const { status, ...documented } = success;
  const answers: Record<number, DocumentedResponse> = { [status]: documented };
  const byStatus = Map.groupBy([...refusals, ...EVERYWHERE], (code) => ERRORS[code].status);
  for (const [refusalStatus, codes] of byStatus) {
    answers[refusalStatus] = {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join(" "),
      content: { "application/problem+json": { schema: problemSchema } },
    };
  }
  return answers;
}

/** A success with a JSON body. */
export const json = (status: 200 | 201 | 202, description: string, schema: z.ZodType) => ({
  status,
  description,
  content: { "application/json": { schema } },
});

/** The success of a deletion. */
export const NO_CONTENT = { status: 204, description: "Done" } as const;
