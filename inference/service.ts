import type { Registry } from "./engines/registry.ts";
import type { Deps } from "./deps.ts";
import type { Life } from "./drain.ts";
import type { Env } from "./env.ts";
import type { AppContext } from "./http/app-env.ts";
import type { Metrics } from "./metrics.ts";

/** Everything a handler of this service works with. Made once a process. */
export interface Service {
  readonly env: Env;
  readonly deps: Deps;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly life: Life;
}

/** A route's handler, given the service it serves. */
export type Handle = (service: Service) => (c: AppContext) => Response | Promise<Response>;
