import { createApp } from "../../../edge/app.ts";
import { createDeps, type Deps } from "../../../edge/deps.ts";
import { NOW_HEADER } from "../../../infra/simulate/protocol.ts";

interface Context {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/*
 * The worker as it is in production, but that callers say what time it is. Its spool waits and tries again by the
 * machine's clock.
 */
let now = 0;
let deps: Deps | null = null;

const app = createApp(
  (bindings) =>
    (deps ??= createDeps(bindings, {
      fetch: (input, init) => fetch(input, init),
      now: () => now,
      random: () => Math.random(),
    })),
);

export { UsageSpool } from "../../../edge/usage/usage-spool.ts";

/** A host calls this every minute; nothing of it is done here. */
export const clock = { fetch: (): Response => new Response(null, { status: 204 }) };

export default {
  fetch(request: Request, bindings: Record<string, unknown>, context: Context): Response | Promise<Response> {
    now = Number(request.headers.get(NOW_HEADER));
    return app.fetch(request, bindings, context);
  },
};
