import { describe, expect, it } from "vitest";
import { createWholeApp } from "./whole-app.ts";
import type { Deps } from "./deps.ts";
import { createAuthLimits } from "./tenancy/auth-limits.ts";

const EXECUTION = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const WELL_FORMED = "sbx_dev_";

/** The app over deps that write down what is asked of them; nothing is found and nothing answers. */
function scene(): {
  readonly events: string[];
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
} {
  const events: string[] = [];
  const note =
    <T>(event: string, value: T) =>
    (): T => {
      events.push(event);
      return value;
    };
  const refuse = (event: string) => (): never => {
    events.push(event);
    throw new Error("not in this test");
  };
  const deps = {
    env: {
      ENVIRONMENT: "development",
      OPERATOR_KEY_HASHES: [],
      CLIENT_ADDRESS_HEADER: "cf-connecting-ip",
      PROCESS_STATE: null,
    },
    now: () => 0,
    newId: note("id", "req_made"),
    log: (_level: string, event: string) => events.push(`log:${event}`),
    fetch: refuse("fetch"),
    db: { edge: { query: refuse("query") }, api: { read: refuse("query"), transaction: refuse("query") } },
    snapshots: { needsFirstRead: () => true, find: note("find", Promise.resolve({ kind: "unknown" })) },
    authLimits: createAuthLimits(),
    decider: { ping: note("ping", Promise.resolve(false)) },
  } as unknown as Deps;
  const app = createWholeApp(() => deps);
  const send = (path: string, init?: RequestInit): Promise<Response> =>
    Promise.resolve(app.request(`http://edge.test${path}`, init, {}, EXECUTION));
  return { events, send };
}

/** A body that says when it is read. */
function watchedBody(events: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        events.push("body read");
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

const PROTECTED = ["/v1/chat/completions", "/v1/route", "/api/v1/keys", "/api/v1/tenants", "/api/v1/routers/x/draft"];

describe("the order of the middleware", () => {
  it.each(PROTECTED)("refuses %s without a key before a query is made or the body read", async (path) => {
    const { events, send } = scene();
    const init = { method: "POST", body: watchedBody(events), duplex: "half" } as RequestInit;
    const answer = await send(path, init);
    expect(answer.status).toBe(401);
    expect(events).toEqual(["id", "log:request"]);
    expect(answer.headers.get("x-request-id")).toBe("req_made");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("refuses a body that announces too much before it asks for a key", async () => {
    const { events, send } = scene();
    const headers = { "content-length": String(64 * 1024 * 1024) };
    const answer = await send("/v1/chat/completions", { method: "POST", headers, body: "{}" });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: "request_too_large" } });
    expect(events).not.toContain("find");
  });

  it.each(["bad id", "", "x".repeat(129), "a\u00e9"])(
    "refuses the request id %j and does not repeat it",
    async (id) => {
      const answer = await scene().send("/v1/models", { headers: { "x-request-id": id } });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("x-request-id")).toBe("req_made");
    },
  );

  it("takes a client's request id when it is well formed", async () => {
    const answer = await scene().send("/v1/models", { headers: { "x-request-id": "trace.1-a_B" } });
    expect(answer.headers.get("x-request-id")).toBe("trace.1-a_B");
  });

  it.each(["", "Bearer", "Bearer x", `Bearer ${WELL_FORMED}`, "Basic abc", `${WELL_FORMED}abc`])(
    "makes no look-up for the malformed credential %j",
    async (authorization) => {
      const { events, send } = scene();
      expect((await send("/v1/models", { headers: { authorization } })).status).toBe(401);
      expect(events).not.toContain("find");
    },
  );

  it("says in both dialects what does not exist and what method does", async () => {
    const { send } = scene();
    expect(await (await send("/nowhere")).json()).toMatchObject({ error: { code: "not_found" } });
    const wrong = await send("/healthz", { method: "DELETE" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toContain("GET");
  });

  it("names what is missing when it is not ready", async () => {
    const answer = await scene().send("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: "unavailable",
      missing: ["database", "inference"],
    });
  });
});
