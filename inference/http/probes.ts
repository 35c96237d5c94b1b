import type { Handle } from "../service.ts";

/** `GET /readyz`: 200 when every engine can decide; else 503 with the names of those that cannot, or `draining`. */
export const readyHandler: Handle =
  ({ registry, life }) =>
  (c) => {
    if (life.draining) return c.json({ status: "draining", missing: [] }, 503);
    const engines = registry.all.map((engine) => ({ name: engine.name, ready: engine.ready() }));
    const missing = engines.filter((engine) => !engine.ready).map((engine) => engine.name);
    return c.json({ status: missing.length === 0 ? "ready" : "not_ready", missing }, missing.length === 0 ? 200 : 503);
  };

/** `GET /metrics`: Prometheus text. */
export const metricsHandler: Handle =
  ({ metrics }) =>
  async (c) =>
    c.body(await metrics.expose(), 200, { "content-type": metrics.contentType });
