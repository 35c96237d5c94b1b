import { beforeEach, describe, expect, it } from "vitest";
import { signed } from "../../test/stack/signed.ts";
import { makeId } from "../ids.ts";
import { createAuthLimits } from "../tenancy/auth-limits.ts";
import { seal } from "../tenancy/secrets.ts";
import { receiveWebhook, type Message } from "./receive-webhook.ts";

const NOW = Date.UTC(2026, 5, 1);
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const RING = [{ id: "k", key: Buffer.alloc(32, 2).toString("base64") }];
const SOURCE = makeId("feedback_source", NOW, () => 0.5);
const BODY = JSON.stringify({ decision: makeId("decision", NOW - 3_600_000, () => 0.5), score: 1 });

let queries: string[];
let bodies: number;
let logged: string[];
let now: number;
let deps: Parameters<typeof receiveWebhook>[0];

beforeEach(async () => {
  [queries, bodies, logged, now] = [[], 0, [], NOW];
  const sealed = await seal(RING, { tenantId: "ten_a", ownerId: "fsc_a" }, SECRET);
  const known = { tenant_id: "ten_a", active: true, secrets: [{ id: "fsc_a", sealed }] };
  const answer = (text: string, [id]: readonly unknown[]): unknown[] =>
    text.includes("record_feedback")
      ? [{ outcome: "recorded", feedback_id: "fbk_a" }]
      : [{ source: id === SOURCE ? known : null }];
  deps = {
    env: { CREDENTIAL_KEYS: RING } as never,
    authLimits: createAuthLimits(),
    db: {
      edge: {
        query: (text: string, params: readonly unknown[]) => {
          queries.push(text.includes("record_feedback") ? "record" : "look up");
          return Promise.resolve(answer(text, params) as never);
        },
      },
    } as never,
    log: (_level, event) => logged.push(event),
    newId: (kind) => makeId(kind, NOW, () => 0.5),
    now: () => now,
  };
});

const send = async (more: Partial<Message> = {}, headers: Record<string, string> = {}): Promise<string> => {
  const result = await receiveWebhook(deps, {
    sourceId: SOURCE,
    headers: new Headers({ ...signed(SECRET, BODY, { at: now / 1000 }), ...headers }),
    body: () => {
      bodies += 1;
      return Promise.resolve(new TextEncoder().encode(BODY));
    },
    clientAddress: "192.0.2.1",
    ...more,
  });
  return result.ok ? "ok" : result.refusal.code;
};
const WRONG = { "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` };
const NOBODYS = { sourceId: makeId("feedback_source", NOW, () => 0.1) };

describe("what a message costs", () => {
  it("is a look-up and a write when it is signed, and one look-up when not", async () => {
    expect(await send()).toBe("ok");
    expect(queries).toEqual(["look up", "record"]);
    queries = [];
    expect(await send({}, WRONG)).toBe("invalid_signature");
    expect(await send(NOBODYS)).toBe("invalid_signature");
    expect(queries).toEqual(["look up", "look up"]);
  });

  it("is nothing, its body unread, when its headers or its address cannot be right", async () => {
    expect(await send({}, { "webhook-timestamp": "0" })).toBe("invalid_signature");
    expect(await send({}, { "webhook-signature": "" })).toBe("invalid_signature");
    expect(await send({ sourceId: "fbs_" })).toBe("invalid_signature");
    expect([queries, bodies]).toEqual([[], 0]);
  });

  it("is limited by address: who is refused too often waits, others and signed messages do not", async () => {
    const codes = new Set<string>();
    for (let sent = 0; sent < 300; sent += 1) codes.add(await send(NOBODYS));
    expect([...codes]).toEqual(["invalid_signature", "rate_limit_exceeded"]);
    const lookups = queries.length;
    expect(lookups).toBe(200);
    expect(await send(NOBODYS)).toBe("rate_limit_exceeded");
    expect(queries.length).toBe(lookups);
    expect(await send({ clientAddress: "192.0.2.2" })).toBe("ok");
    now += 60_000;
    expect(await send()).toBe("ok");
    for (let sent = 0; sent < 300; sent += 1) expect(await send()).toBe("ok");
  });

  it("is limited for headers that cannot be right, too", async () => {
    const stale = { "webhook-timestamp": "0" };
    for (let sent = 0; sent < 500; sent += 1) await send({}, stale);
    expect(await send({}, stale)).toBe("rate_limit_exceeded");
    expect(queries).toEqual([]);
  });
});

it("a secret that the ring cannot open is logged by its ids and is no message's fault", async () => {
  deps = { ...deps, env: { CREDENTIAL_KEYS: [{ id: "other", key: RING[0]?.key }] } as never };
  await expect(send()).rejects.toMatchObject({ refusal: { code: "internal_error" } });
  expect(logged).toEqual(["credential_unreadable"]);
});
