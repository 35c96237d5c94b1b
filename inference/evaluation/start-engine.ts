import { setTimeout as sleep } from "node:timers/promises";
import type { ServedEngine } from "../decide/served-engine.ts";

const LOOK_AGAIN_MS = 250;
/** A server that compiles a grammar for its first answer takes half a minute. */
const PATIENCE_MS = 10 * 60_000;

/** Starts an engine unless it runs, and waits until it can decide. Throws when it cannot in ten minutes. */
export async function startEngine(engine: ServedEngine): Promise<void> {
  // A cascade starts nobody, and could decide with one of its engines.
  if (engine.members !== undefined) {
    await startEngine(engine.members.first);
    await startEngine(engine.members.second);
    return;
  }
  if (engine.ready()) return;
  await engine.start();
  for (let waited = 0; !engine.ready(); waited += LOOK_AGAIN_MS) {
    if (waited >= PATIENCE_MS) throw new Error(`the engine ${engine.name} is not ready after ten minutes`);
    await sleep(LOOK_AGAIN_MS);
  }
}
