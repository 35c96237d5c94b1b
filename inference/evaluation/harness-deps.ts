import { createDeps } from "../deps.ts";
import type { Deps } from "../deps.ts";

/** The real world, but that the log keeps out of standard output, where the report goes, and says only what went wrong. */
export function harnessDeps(): Deps {
  return {
    ...createDeps(),
    log: (level, event, fields) => {
      if (level === "warn" || level === "error")
        process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`);
    },
  };
}
