import { createAppFor } from "./app-for.ts";
import { depsOf } from "./deps.ts";
import { tick } from "./jobs/tick.ts";
import { consumeUsage } from "./usage/consumer.ts";
import { consumeDeadLetters, isDeadLetterQueue } from "./usage/dead-letters.ts";

// START HERE. HTTP goes to the app; receipts come back from the queue; the clock does what no request does.
const appFor = createAppFor(depsOf);

/** What a host without cron triggers calls instead, through a socket of its own that nobody else reaches. */
export const clock = {
  fetch: async (_request, bindings) => {
    await tick(depsOf(bindings));
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<Record<string, unknown>>;

export { UsageSpool } from "./usage/usage-spool.ts";

export default {
  fetch: async (request, bindings, context) => (await appFor(request)).fetch(request, bindings, context),
  queue: (batch, bindings) =>
    (isDeadLetterQueue(batch.queue) ? consumeDeadLetters : consumeUsage)(depsOf(bindings), batch),
  scheduled: (_event, bindings) => tick(depsOf(bindings)),
} satisfies ExportedHandler<Record<string, unknown>>;
