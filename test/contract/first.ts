import type { Operation } from "../management/operations.ts";

/** What has to be called before the example of an operation succeeds and changes something. */
export const FIRST: Readonly<Record<string, string>> = {
  "DELETE /api/v1/providers/{slug}": "DELETE /api/v1/models/{slug}",
  "POST /api/v1/routers/{slug}/evaluations": "POST /api/v1/routers/{slug}/evaluations/{evaluation}/cancel",
  "POST /api/v1/tenants/{id}/resume": "POST /api/v1/tenants/{id}/suspend",
  "POST /api/v1/rollouts/{id}/resume": "POST /api/v1/rollouts/{id}/pause",
};

/** An operation as people name it. */
export const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;
