import type { Handle } from "../service.ts";

/** `GET /v1/engines`: what a router's settings may name, whether each is ready, and how much of the policies it reads. */
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
      })),
    });
