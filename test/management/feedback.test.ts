import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeId } from "../../edge/ids.ts";
import type { FeedbackView } from "../../edge/management/feedback/schema.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let tenant: TestTenant;
let key: string;
let decision: DecisionRecord;
let other: TestTenant;
let theirs: DecisionRecord;

beforeAll(async () => {
  other = await mintTenant("Other");
  theirs = receipt(other.id, Date.now() - HOUR_MS);
  await append([theirs]);
});
beforeEach(async () => {
  tenant = await mintTenant();
  key = await tenant.key();
  decision = receipt(tenant.id, Date.now() - HOUR_MS, { arm: "candidate@rol_x", model: "large" });
  await append([decision]);
});

const give = (body: object, token = key): Promise<Answer> =>
  call("/v1/feedback", token, { body: { decision: decision.id, score: 1, ...body } });
const list = async (query = "", of = tenant): Promise<FeedbackView[]> =>
  (await of.api(`/feedback${query}`)).body.data as FeedbackView[];
const refusal = ({ status, body }: Answer) => [status, body.error.code, body.error.param];

describe("feedback with an inference key", () => {
  it("is recorded with what its decision was, and told to whoever may read usage", async () => {
    const given = await give({ score: 0.5, label: "sums", comment: "Wrong\nby one", given_at: "2026-06-01T10:00:00Z" });
    expect(given).toMatchObject({ status: 200, body: { decision: decision.id, metric: "overall", score: 0.5 } });
    const read = await tenant.api(`/feedback/${String(given.body.id)}`);
    expect(read.body).toMatchObject({
      id: given.body.id,
      decision: decision.id,
      router: "default",
      policy: "code",
      model: "large",
      arm: "candidate@rol_x",
      metric: "overall",
      score: 0.5,
      label: "sums",
      comment: "Wrong\nby one",
      source: "inference",
      given_at: "2026-06-01T10:00:00.000Z",
    });
    expect(await list()).toEqual([read.body]);
    expect(JSON.stringify((await tenant.api(`/decisions/${decision.id}`)).body)).not.toContain("Wrong");
    expectProblem(await call("/api/v1/feedback", key), 403, "insufficient_scope");
  });

  it("is the last word of its key on each metric, by when it was given", async () => {
    const second = await tenant.key();
    const first = await give({ score: 1, given_at: "2026-06-02T00:00:00Z" });
    expect((await give({ score: -1, given_at: "2026-06-03T00:00:00Z" })).body.id).toBe(first.body.id);
    await give({ score: 0, given_at: "2026-06-01T00:00:00Z" });
    await give({ score: 0.1, metric: "tone" });
    await give({ score: 0.2 }, second);
    const scores = (await list()).map(({ metric, score }) => [metric, score]);
    expect(scores).toEqual([
      ["overall", 0.2],
      ["tone", 0.1],
      ["overall", -1],
    ]);
  });

  it("counts each event once, whatever came in between, and not with another content", async () => {
    const event = { event_id: "e-1", score: 1 };
    const first = await give(event);
    await give({ score: -1 });
    const again = await give(event);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await list())[0]?.score).toBe(-1);
    expect(refusal(await give({ event_id: "e-1", score: 0 }))).toEqual([422, "idempotency_key_reused", "event_id"]);
    expect((await list())[0]?.score).toBe(-1);
    const foreign = await call("/v1/feedback", other.adminKey, { body: { decision: theirs.id, ...event, score: 0 } });
    expect(foreign.status).toBe(200);
    expect((await give({ ...event, score: 0 }, await tenant.key())).status).toBe(200);
  });

  it("is one row for many at the same time, of one event or of many", async () => {
    const same = await Promise.all(Array.from({ length: 8 }, () => give({ event_id: "e-1" })));
    expect(same.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(same.map(({ body }) => body.id)).size).toBe(1);
    const many = await Promise.all(Array.from({ length: 8 }, (_, n) => give({ event_id: `n-${n}`, score: n / 10 })));
    expect(many.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await list()).toHaveLength(1);
  });

  it("on a decision of another tenant is refused as on one that is not there, and recorded nowhere", async () => {
    const absent = makeId("decision", Date.now() - HOUR_MS, Math.random);
    const known = receipt(other.id, Date.now() - HOUR_MS);
    await append([known]);
    const [foreign, missing] = [await give({ decision: known.id }), await give({ decision: absent })];
    expect(refusal(foreign)).toEqual([404, "not_found", "decision"]);
    expect({ ...foreign.body.error, request_id: "" }).toEqual({ ...missing.body.error, request_id: "" });
    expect([await list(), await list(`?decision=${known.id}`, other)]).toEqual([[], []]);
    const now = Date.now();
    const pending = receipt(other.id, now);
    await append([pending]);
    for (const id of [makeId("decision", now, Math.random), pending.id]) {
      const answer = await give({ decision: id });
      expect(refusal(answer)).toEqual([404, "decision_pending", "decision"]);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
  });

  it("on a decision that is not written yet can be sent again under the same event id", async () => {
    const late = receipt(tenant.id, Date.now());
    const event = { decision: late.id, event_id: "e-1" };
    expect((await give(event)).body.error.code).toBe("decision_pending");
    await append([late]);
    expect((await give(event)).status).toBe(200);
  });

  it.each([
    ["no decision", { decision: undefined }, "decision"],
    ["another kind of id", { decision: "key_01k9zq3m8v7x5t2r4w6y8a0b1c" }, "decision"],
    ["a decision that is none", { decision: "dec_" }, "decision"],
    ["a number as decision", { decision: 7 }, "decision"],
    ["no score", { score: undefined }, "score"],
    ["a score above 1", { score: 1.01 }, "score"],
    ["a score below -1", { score: -2 }, "score"],
    ["a text as score", { score: "1" }, "score"],
    ["null as score", { score: null }, "score"],
    ["an empty metric", { metric: "" }, "metric"],
    ["a metric of two lines", { metric: "a\nb" }, "metric"],
    ["a metric without end", { metric: "m".repeat(65) }, "metric"],
    ["a label that is no policy's name", { label: "a{b}" }, "label"],
    ["an empty comment", { comment: "" }, "comment"],
    ["a comment without end", { comment: "c".repeat(501) }, "comment"],
    ["a NUL in a comment", { comment: "a\u0000b" }, "comment"],
    ["half a character in a comment", { comment: "\ud800" }, "comment"],
    ["no instant", { given_at: "yesterday" }, "given_at"],
    ["a time to come", { given_at: "2900-01-01T00:00:00Z" }, "given_at"],
    ["an event id with spaces", { event_id: "a b" }, "event_id"],
    ["a field that is unknown", { prompt: "Please" }, "prompt"],
    ["an old decision", { decision: makeId("decision", Date.now() - 31 * DAY_MS, Math.random) }, "decision"],
  ])("is refused by name: %s", async (_what, fields, param) => {
    const answer = await give({ event_id: "kept", ...fields });
    expect(refusal(answer)).toEqual([400, "invalid_request_error", param]);
    expect(answer.body.error.message.startsWith(`${param}: `)).toBe(true);
    expect(await list()).toEqual([]);
    expect((await give({ event_id: "kept" })).status).toBe(200);
  });

  it.each([
    ["nothing", "", 400],
    ["no JSON", "{", 400],
    ["a list", "[]", 400],
    ["too much", JSON.stringify({ comment: "x".repeat(20_000) }), 413],
    ["endless nesting", "[".repeat(10_000), 400],
  ])("is refused when the body is %s", async (_what, body, status) => {
    expect((await call("/v1/feedback", key, { body })).status).toBe(status);
  });

  it("needs a key of scope inference", async () => {
    expect(refusal(await give({}, await tenant.key({ scopes: ["usage:read"] })))[1]).toBe("insufficient_scope");
  });
});

describe("the list of feedback", () => {
  it("is filtered, paged and exported, each tenant's own", async () => {
    const codes = receipt(tenant.id, Date.now() - HOUR_MS, { policy: "code", router: "second", model: "small" });
    const sums = receipt(tenant.id, Date.now() - HOUR_MS, { policy: "sums", model: "large" });
    await append([codes, sums]);
    await give({ decision: codes.id, given_at: "2026-06-01T00:00:00Z" });
    await give({ decision: sums.id, metric: "tone", given_at: "2026-06-02T00:00:00Z" });
    await give({ decision: decision.id, given_at: "2026-06-03T00:00:00Z" });
    const [third, second, first] = await list();
    expect(third?.decision).toBe(decision.id);
    const cases: [string, (FeedbackView | undefined)[]][] = [
      ["?router=second", [first]],
      ["?policy=sums", [second]],
      ["?model=large", [third, second]],
      [`?decision=${codes.id}`, [first]],
      ["?metric=tone", [second]],
      ["?source=inference", [third, second, first]],
      ["?source=webhook", []],
      ["?from=2026-06-02T00:00:00Z", [third, second]],
      ["?to=2026-06-02T00:00:00Z", [first]],
      ["?from=2026-06-01T12:00:00Z&to=2026-06-02T12:00:00Z&policy=sums", [second]],
      [`?decision=${theirs.id}`, []],
    ];
    for (const [query, expected] of cases) expect(await list(query), query).toEqual(expected);

    const page = await tenant.api("/feedback?limit=2");
    expect(page.body.data).toEqual([third, second]);
    expect(await list(`?limit=2&cursor=${String(page.body.next_cursor)}`)).toEqual([first]);

    const lines = await tenant.api("/feedback?format=jsonl&model=large");
    expect(lines.headers.get("content-type")).toBe("application/jsonl");
    const exported = (lines.body as string).trimEnd().split("\n");
    expect(exported.map((line) => JSON.parse(line) as FeedbackView)).toEqual([third, second]);
    expect(await list("", other)).not.toEqual(expect.arrayContaining([first]));
    expectProblem(await other.api(`/feedback/${first?.id ?? ""}`), 404, "not_found");
    expect(pointers(await tenant.api("/feedback?decision=key_1"))).toEqual(["/decision"]);
  });
});
