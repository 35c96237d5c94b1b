import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeId } from "../../edge/ids.ts";
import type { FeedbackView } from "../../edge/management/feedback/schema.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { sendAndHangUp } from "../contract/raw-request.ts";
import { signed } from "../stack/signed.ts";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { append, receipt } from "./receipt.ts";

const HOUR_MS = 3_600_000;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

interface Source {
  readonly id: string;
  readonly secret: string;
}

let tenant: TestTenant;
let source: Source;
let decision: DecisionRecord;
let other: TestTenant;
let otherSource: Source;
let theirs: DecisionRecord;

async function newSource(of: TestTenant): Promise<Source> {
  const { id, secret } = (await of.api("/feedback-sources", { body: { name: "evals" } })).body;
  return { id: id as string, secret: secret as string };
}
async function oldDecision(of: TestTenant): Promise<DecisionRecord> {
  const made = receipt(of.id, Date.now() - HOUR_MS);
  await append([made]);
  return made;
}

beforeAll(async () => {
  other = await mintTenant("Other");
  [otherSource, theirs] = [await newSource(other), await oldDecision(other)];
});
beforeEach(async () => {
  tenant = await mintTenant();
  [source, decision] = [await newSource(tenant), await oldDecision(tenant)];
});

const event = (more: object = {}): Record<string, unknown> => ({ decision: decision.id, score: 1, ...more });
const post = (id: string, body: string, headers: Record<string, string>): Promise<Answer> =>
  call(`/webhooks/feedback/${id}`, null, { body, headers });
/** Sends a message that the source has signed. */
function send(said: unknown, signing: Parameters<typeof signed>[2] = {}, of = source): Promise<Answer> {
  const body = typeof said === "string" ? said : JSON.stringify(said);
  return post(of.id, body, signed(of.secret, body, signing));
}
const list = async (query = "", of = tenant): Promise<FeedbackView[]> =>
  (await of.api(`/feedback${query}`)).body.data as FeedbackView[];
const codeOf = ({ status, body }: Answer) => [status, body.error?.code];

describe("a signed message", () => {
  it("is recorded without a key, one event or a batch of them, as from its source", async () => {
    expect(await send(event({ score: 0.5 }))).toMatchObject({
      status: 200,
      body: { recorded: 1, repeated: 0, refused: [] },
    });
    const second = await oldDecision(tenant);
    const events = [event({ metric: "tone" }), event({ decision: second.id, comment: "Fine", label: "other" })];
    expect((await send({ events })).body).toEqual({ recorded: 2, repeated: 0, refused: [] });
    const all = await list("?source=webhook");
    expect(all.map(({ decision: of, metric, score, source_id }) => [of, metric, score, source_id]).toSorted()).toEqual(
      [
        [decision.id, "overall", 0.5, source.id],
        [decision.id, "tone", 1, source.id],
        [second.id, "overall", 1, source.id],
      ].toSorted(),
    );
    expect(await list("?source=inference")).toEqual([]);
  });

  it("counts once, however often and by however many it is sent at the same time", async () => {
    const body = JSON.stringify({ events: [event(), event({ metric: "tone", event_id: "run/1" })] });
    const headers = signed(source.secret, body);
    const path = `/webhooks/feedback/${source.id}`;
    await sendAndHangUp({ method: "POST", path, headers, body });
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(source.id, body, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const recorded = answers.reduce((sum, answer) => sum + (answer.body.recorded as number), 0);
    expect([0, 2]).toContain(recorded);
    expect(await list()).toHaveLength(2);
    await send(event({ score: -1 }));
    expect((await post(source.id, body, headers)).body).toEqual({ recorded: 0, repeated: 2, refused: [] });
    // Signed anew, as when a sender tries again: by its id it is the same message.
    const again = signed(source.secret, body, { id: headers["webhook-id"] ?? "", at: nowSeconds() + 60 });
    expect((await post(source.id, body, again)).body).toEqual({ recorded: 0, repeated: 2, refused: [] });
    expect((await list("?metric=overall"))[0]?.score).toBe(-1);
  });

  it("of one id with another content is told apart, and does not count", async () => {
    await send(event(), { id: "msg_1" });
    const answer = await send(event({ score: 0 }), { id: "msg_1" });
    expect(answer).toMatchObject({
      status: 200,
      body: { recorded: 0, repeated: 0, refused: [{ index: 0, code: "idempotency_key_reused", param: "event_id" }] },
    });
    expect((await list())[0]?.score).toBe(1);
  });

  it("about the other tenant's decisions is refused as about none, while the rest counts", async () => {
    const absent = makeId("decision", Date.now() - HOUR_MS, Math.random);
    const old = makeId("decision", Date.now() - 31 * 24 * HOUR_MS, Math.random);
    const events = [theirs.id, decision.id, absent, old].map((id) => event({ decision: id }));
    const { status, body } = await send({ events });
    const missing = { code: "not_found", param: "decision", message: "There is no such decision." };
    expect([status, body]).toEqual([
      200,
      {
        recorded: 1,
        repeated: 0,
        refused: [
          { index: 0, ...missing },
          { index: 2, ...missing },
          { index: 3, code: "invalid_request_error", param: "decision", message: "decision: is older than 30 days" },
        ],
      },
    ]);
    expect(await list(`?decision=${theirs.id}`, other)).toEqual([]);
  });

  it("about a decision that is not written yet is to be sent again; what it records meanwhile counts once", async () => {
    const late = receipt(tenant.id, Date.now());
    const said = { events: [event(), event({ decision: late.id })] };
    const pending = await send(said, { id: "msg_1" });
    expect(codeOf(pending)).toEqual([404, "decision_pending"]);
    expect(pending.headers.get("retry-after")).toBe("1");
    expect(await list()).toHaveLength(1);
    await append([late]);
    expect((await send(said, { id: "msg_1" })).body).toEqual({ recorded: 1, repeated: 1, refused: [] });
    expect(await list()).toHaveLength(2);
  });

  it("is taken with either of two secrets while they overlap, and with one that has ended no more", async () => {
    const rotate = (body: object): Promise<Answer> => tenant.api(`/feedback-sources/${source.id}/rotate`, { body });
    const second = { ...source, secret: (await rotate({ overlap_seconds: 3600 })).body.secret as string };
    for (const of of [source, second]) expect((await send(event(), {}, of)).status).toBe(200);
    const given = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
    await rotate({ overlap_seconds: 0, secret: given });
    for (const of of [source, second]) expect(codeOf(await send(event(), {}, of))).toEqual([401, "invalid_signature"]);
    expect((await send(event(), {}, { ...source, secret: given })).status).toBe(200);
    await tenant.api(`/feedback-sources/${source.id}`, { method: "DELETE" });
    expect(codeOf(await send(event(), {}, { ...source, secret: given }))).toEqual([401, "invalid_signature"]);
    expect(await list()).not.toEqual([]);
  });

  it.each([
    ["no JSON", "{", null],
    ["nothing", "", null],
    ["a list", [], null],
    ["no events", { events: [] }, "events"],
    ["too many events", { events: Array.from({ length: 501 }, () => event) }, "events"],
    ["events and more", { events: [{ decision: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c", score: 1 }], more: 1 }, "more"],
    ["an event without a score", { decision: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c" }, "score"],
    [
      "a wrong event among right ones",
      { events: [{ decision: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c", score: 1 }, { score: 1 }] },
      "events[1].decision",
    ],
  ])("that says %s is refused by name, and nothing of it counts", async (_what, said, param) => {
    const answer = await send(said);
    expect([...codeOf(answer), answer.body.error.param]).toEqual([400, "invalid_request_error", param]);
    expect(await list()).toEqual([]);
  });

  it("is refused when it is too long", async () => {
    expect(codeOf(await send(`{"x":"${"x".repeat(300_000)}"}`))).toEqual([413, "request_too_large"]);
  });
});

describe("a message that nobody has signed as it must be", () => {
  const body = (): string => JSON.stringify(event());
  const refused = ({ status, headers, body: said }: Answer) => ({
    status,
    authenticate: headers.get("www-authenticate"),
    error: { ...said.error, request_id: "" },
  });

  it("is refused alike for a wrong signature, a foreign secret, and a source that nobody has", async () => {
    const said = body();
    const nobodys = makeId("feedback_source", Date.now(), Math.random);
    const answers = [
      await post(source.id, said, signed(otherSource.secret, said)),
      await post(source.id, `${said} `, signed(source.secret, said)),
      await post(otherSource.id, said, signed(source.secret, said)),
      await post(nobodys, said, signed(source.secret, said)),
      await post(tenant.id, said, signed(source.secret, said)),
      await post("x", said, signed(source.secret, said)),
      // Zeroes are no secret of a source that is not there.
      await post(nobodys, said, signed(`whsec_${Buffer.alloc(32).toString("base64")}`, said)),
    ].map(refused);
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(answers[0]).toMatchObject({
      status: 401,
      authenticate: "Webhook-Signature",
      error: { code: "invalid_signature", type: "authentication_error" },
    });
    expect([await list(), await list(`?decision=${decision.id}`, other)]).toEqual([[], []]);
  });

  it.each([
    ["is stale", { at: nowSeconds() - 310 }, "webhook-timestamp"],
    ["is of a time to come", { at: nowSeconds() + 400 }, "webhook-timestamp"],
    ["has another id than it may", { id: "a.b" }, "webhook-id"],
  ])("is told what is wrong when it %s, whether there is such a source or not", async (_what, signing, header) => {
    const said = body();
    const nobodys = { id: makeId("feedback_source", Date.now(), Math.random), secret: source.secret };
    const answers = [await send(said, signing), await send(said, signing, nobodys)].map(refused);
    expect(answers[0]).toMatchObject({ status: 401, error: { code: "invalid_signature" } });
    expect(answers[0]?.error.message).toContain(header);
    expect(answers[1]).toEqual(answers[0]);
    expect(await list()).toEqual([]);
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is told that %s is missing", async (header) => {
    const said = body();
    const headers = Object.fromEntries(Object.entries(signed(source.secret, said)).filter(([name]) => name !== header));
    const answer = await post(source.id, said, headers);
    expect(codeOf(answer)).toEqual([401, "invalid_signature"]);
    expect(answer.body.error.message).toContain(header);
  });

  it("is no way round a key: keys open no source, and secrets nothing else", async () => {
    const headers = { authorization: `Bearer ${tenant.adminKey}` };
    expect(codeOf(await post(source.id, body(), headers))).toEqual([401, "invalid_signature"]);
    const said = body();
    const answer = await call("/v1/feedback", null, { body: said, headers: signed(source.secret, said) });
    expect(codeOf(answer)).toEqual([401, "invalid_api_key"]);
  });
});

it("a suspended tenant's messages are refused until it is resumed", async () => {
  const set = (verb: string): Promise<Answer> =>
    call(`/api/v1/tenants/${tenant.id}/${verb}`, stack().operatorKey, { method: "POST" });
  await set("suspend");
  expect(codeOf(await send(event()))).toEqual([403, "tenant_suspended"]);
  await set("resume");
  expect((await send(event())).status).toBe(200);
});
