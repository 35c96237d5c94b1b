import type { Handle } from "../service.ts";

/**
 * `GET /readyz`: 200 when every engine of our own can decide; else 503 with the names of those that cannot, or `draining`.
 * A hosted one does not count: it fails every process alike, and would take the embedded engine out of service with it.
 */
export const readyHandler: Handle =
  ({ registry, life }) =>
  (c) => {
    if (life.draining) return c.json({ status: "draining", missing: [] }, 503);
    const missing = registry.all.filter((engine) => !engine.hosted && !engine.ready()).map(({ name }) => name);
    return c.json({ status: missing.length === 0 ? "ready" : "not_ready", missing }, missing.length === 0 ? 200 : 503);
  };

/** `GET /metrics`: Prometheus text. */
export const metricsHandler: Handle =
  ({ metrics }) =>
  async (c) =>
    c.body(await metrics.expose(), 200, { "content-type": metrics.contentType });
