import type { Handle } from "../service.ts";

/** `GET /v1/engines`: what a router's settings may name, and whether each is ready. */
export const enginesHandler: Handle =
  ({ registry }) =>
  (c) =>
    c.json({
      default: registry.default.name,
      engines: registry.all.map((engine) => ({ name: engine.name, version: engine.version, ready: engine.ready() })),
    });
