import type { ServedEngine } from "../decide/served-engine.ts";
import { ok, refuse } from "../errors.ts";
import type { Result } from "../errors.ts";

export interface Registry {
  readonly default: ServedEngine;
  readonly all: readonly ServedEngine[];
  /** The engine of that name; the default one for `default` and for no name. 400 for a name nobody has. */
  readonly find: (name: string | undefined) => Result<ServedEngine>;
  /** The engine that compares policy texts when the caller names none. */
  readonly comparing: ServedEngine;
}

/** The engines of this process. `comparing` is the one that has vectors. */
export function createRegistry(engines: readonly [ServedEngine, ...ServedEngine[]], defaultName: string): Registry {
  const [comparing] = engines;
  const byName = new Map(engines.map((engine) => [engine.name, engine]));
  const standard = byName.get(defaultName) ?? comparing;
  return {
    default: standard,
    all: engines,
    comparing,
    find: (name) => {
      const engine = name === undefined || name === "default" ? standard : byName.get(name);
      if (engine !== undefined) return ok(engine);
      return refuse("invalid_request", "There is no engine of this name.", { param: "engine" });
    },
  };
}
