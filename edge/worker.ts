import { createApp } from "./app.ts";
import { depsOf } from "./deps.ts";
import { tick } from "./jobs/tick.ts";
import { consumeUsage } from "./usage/consumer.ts";
import { consumeDeadLetters, isDeadLetterQueue } from "./usage/dead-letters.ts";

// START HERE. HTTP goes to the app; receipts come back from the queue; the clock does what no request does.
const app = createApp(depsOf);

/** What a host without cron triggers calls instead, through a socket of its own that nobody else reaches. */
export const clock = {
  fetch: async (_request, bindings) => {
    await tick(depsOf(bindings));
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<Record<string, unknown>>;

export { UsageSpool } from "./usage/usage-spool.ts";

export default {
  fetch: (request, bindings, context) => app.fetch(request, bindings, context),
  queue: (batch, bindings) =>
    (isDeadLetterQueue(batch.queue) ? consumeDeadLetters : consumeUsage)(depsOf(bindings), batch),
  scheduled: (_event, bindings) => tick(depsOf(bindings)),
} satisfies ExportedHandler<Record<string, unknown>>;
