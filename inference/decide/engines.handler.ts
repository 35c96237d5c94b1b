import type { Handle } from "../service.ts";

/** `GET /v1/engines`: what a router's settings may name, whether each is ready, what it reads and what it is. */
export const enginesHandler: Handle =
  ({ registry }) =>
  (c) =>
    c.json({
      default: registry.default.name,
      engines: registry.all.map((engine) => ({
        name: engine.name,
        version: engine.version,
        ready: engine.ready(),
        ...engine.reads,
        ...engine.traits,
      })),
    });
