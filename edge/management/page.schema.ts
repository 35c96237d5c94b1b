import { z } from "@hono/zod-openapi";
import { isId, type IdKind } from "../ids.ts";
import { decodeCursor } from "./page.ts";
import { instantInputSchema } from "./text.ts";

const MAX_LIMIT = 100;

/** Query parameters of a list. `after` is where the cursor points; pass the parsed query as a `Page`. */
const pageFields = (isPosition: (id: string) => boolean) => ({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .default(20)
    .openapi({ type: "integer", minimum: 1, maximum: MAX_LIMIT, default: 20, description: "Rows a page." }),
  cursor: z
    .string()
    .transform((cursor, context) => {
      const id = decodeCursor(isPosition, cursor);
      if (id === null) context.addIssue({ code: "custom", message: "must be a next_cursor of this list" });
      return id ?? z.NEVER;
    })
    .optional()
    .openapi({ type: "string", description: "`next_cursor` of the page before." }),
});

/** The query of a list whose rows have ids of this kind. */
export const pageQuery = (kind: IdKind) => z.strictObject(pageFields((id) => isId(kind, id)));

/** The query of a list whose rows are numbered, such as a router's versions. */
export const numberedPageQuery = () => z.strictObject(pageFields((id) => /^[1-9]\d{0,8}$/.test(id)));

/** A bound in time that a list may be asked for. */
export const instantFilter = (description: string) =>
  instantInputSchema.optional().openapi({ type: "string", format: "date-time", description });

interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Refuses a span of time that ends before it begins, in which nothing can lie. For `superRefine`. */
export function beginsBeforeItEnds({ from, to }: Span, context: z.RefinementCtx): void {
  if (from === undefined || to === undefined || from < to) return;
  context.addIssue({ code: "custom", path: ["from"], message: "must lie before `to`" });
}

export const listOf = (item: z.ZodType) => z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** An id in a path; anything that cannot be one of this kind is answered like a missing object. */
export const idParam = (kind: IdKind) => z.string().refine((id) => isId(kind, id));
