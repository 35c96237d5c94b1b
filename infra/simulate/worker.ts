import { createWholeApp } from "../../edge/whole-app.ts";
import { createDeps, type Deps } from "../../edge/deps.ts";
import { tick } from "../../edge/jobs/tick.ts";
import { consumeUsage } from "../../edge/usage/consumer.ts";
import { storableRecord } from "../../edge/usage/storable-record.ts";
import { NOW_HEADER, PENDING_PATH, TOOK_HEADER } from "./protocol.ts";
import { seeded } from "./seeded.ts";

interface Context {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/*
 * The worker as it is in production but for its clock and its random numbers: callers say what time it is, providers
 * say how long they took. It serves one request after the other.
 */
let now = 0;
let pending = 0;
let deps: Deps | null = null;

const setClock = (ms: number): void => {
  if (ms > now) now = ms;
};

const timedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const [firstByte = 0, rest = 0] = (response.headers.get(TOOK_HEADER) ?? "").split(",").map(Number);
  now += firstByte;
  if (rest === 0 || response.body === null) return response;
  const flush = (): void => {
    now += rest;
  };
  return new Response(response.body.pipeThrough(new TransformStream({ flush })), response);
};

/** Receipts reach the queue's consumer at once: a queue and a spool gather them by a clock of their own. */
function withoutWaiting(made: Deps): Deps {
  const append: Deps["usage"]["append"] = async (record) => {
    const retry = (): never => {
      throw new Error("a simulated receipt was not stored");
    };
    const message = { id: record.id, body: storableRecord(record), attempts: 1, ack: () => undefined, retry };
    await consumeUsage(made, { messages: [message] });
  };
  return { ...made, usage: { append } };
}

const depsOf = (bindings: Readonly<Record<string, unknown>>): Deps =>
  (deps ??= withoutWaiting(
    createDeps(bindings, {
      fetch: timedFetch,
      now: () => now,
      random: seeded(Number(bindings["SIMULATION_SEED"])),
    }),
  ));

export { UsageSpool } from "../../edge/usage/usage-spool.ts";

const app = createWholeApp(depsOf);

export default {
  fetch(request: Request, bindings: Record<string, unknown>, context: Context): Response | Promise<Response> {
    if (new URL(request.url).pathname === PENDING_PATH) return Response.json(pending);
    setClock(Number(request.headers.get(NOW_HEADER)));
    const counted: Context = {
      waitUntil(promise) {
        pending += 1;
        const done = (): void => {
          pending -= 1;
        };
        context.waitUntil(promise.then(done, done));
      },
      passThroughOnException: () => context.passThroughOnException(),
      props: context.props,
    };
    return app.fetch(request, bindings, counted);
  },
  async scheduled(event: { readonly scheduledTime: number }, bindings: Record<string, unknown>): Promise<void> {
    setClock(event.scheduledTime);
    await tick(depsOf(bindings));
  },
};
