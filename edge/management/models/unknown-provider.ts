import { refuse } from "../../errors.ts";

/** The refusal of a model whose provider the tenant does not have. */
export const unknownProvider = (slug: string): ReturnType<typeof refuse> =>
  refuse("validation_failed", { errors: [{ pointer: "/provider", detail: `there is no provider ${slug}` }] });
