import { beforeEach, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";
import { record } from "./record.ts";

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const LOOP = "Fix this Python function: it raises an IndexError";
const RICE = "How do I cook rice?";
const HOUR_MS = 3_600_000;
const CODE = { name: "code", description: "Writing, explaining and fixing program code" };
const COOKING = { name: "cooking", description: "Recipes, ingredients and how to cook a dish" };

const document = (more: Partial<RouterDocumentInput> = {}): RouterDocumentInput => ({
  policies: [CODE, COOKING],
  targets: { code: { model: "large" }, cooking: { model: "small" } },
  fallback: { model: "small" },
  settings: { deadline_ms: 10_000, record_prompts: true, record_answers: true },
  ...more,
});

describe("what recordings are good for", () => {
  let tenant: TestTenant;
  let other: TestTenant;
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    for (const each of [tenant, other]) {
      await each.provider({ slug: "echo" });
      const prices = (input: number) => ({ prices: { input_per_million: input, output_per_million: 2 * input } });
      await each.model({ slug: "small", provider: "echo", ...prices(1) });
      await each.model({ slug: "large", provider: "echo", ...prices(10) });
      await each.publish("default", document());
    }
  });

  let age = 100;
  /** Records a request, each newer than the one before. */
  const made = async (messages: ReturnType<typeof user>[], more: Partial<DecisionRecord> = {}, of = tenant) => {
    age -= 1;
    const about = receipt(of.id, Date.now() - age * HOUR_MS, more);
    expect(
      await record(of, "default", about, { messages, answer: `Answer to ${String(messages.at(-1)?.content)}` }),
    ).toBe(true);
    return about;
  };
  const edit = async (next: RouterDocumentInput): Promise<void> => {
    const headers = { "if-match": "*" };
    expect((await tenant.api("/routers/default/draft", { method: "PUT", body: next, headers })).status).toBe(200);
  };

  describe("a dry run over them", () => {
    const run = (recordings: object, more: object = {}, key = tenant.adminKey): Promise<Answer> =>
      call("/api/v1/routers/default/dry-run", key, { body: { recordings, ...more } });
    const tokens = (input: number, output: number) => ({ input_tokens: input, output_tokens: output });

    it("says which turns change model, and what that would have cost by the tokens they took", async () => {
      const cooked = await made([user(RICE)], { policy: "cooking", model: "small", cost_usd: 7, ...tokens(500, 50) });
      const served = { policy: "code", model: "large", cost_usd: 0.02 };
      const fixed = await made([user(RICE), assistant("Boil it"), user(LOOP)], { ...served, ...tokens(1_000, 100) });
      await edit(document({ targets: { code: { model: "small" }, cooking: { model: "small" } } }));
      const { status, body } = await run({});
      expect(status).toBe(200);
      expect(body).toMatchObject({ turns: 2, policy_changes: 0, model_changes: 1 });
      expect(body.data).toMatchObject([
        { conversation: fixed.id, turn: 1, from: { model: "large" }, to: { model: "small" }, served },
        { conversation: cooked.id, turn: 0, from: { model: "small" }, to: { model: "small" } },
      ]);
      expect(body.flips).toEqual([body.data[0]]);
      const [was, is] = [0.01 + 0.002, 0.001 + 0.0002];
      expect(body.data[0].from.cost_usd).toBeCloseTo(was, 12);
      expect(body.data[0].to.cost_usd).toBeCloseTo(is, 12);
      const cooking = 0.0005 + 0.0001;
      expect(body.cost_usd).toEqual({
        turns: 2,
        served: expect.closeTo(7.02, 12),
        from: expect.closeTo(was + cooking, 12),
        to: expect.closeTo(is + cooking, 12),
      });
    });

    it("takes more than a page of them, newest first, filtered, beside given conversations", async () => {
      const ids: string[] = [];
      for (let count = 0; count < 25; count += 1) ids.unshift((await made([user(RICE)])).id);
      const talk = await made([user("hi")], { policy: "talk" });
      const all = (await run({ limit: 300 })).body.data as { conversation: string }[];
      expect(all.map(({ conversation }) => conversation)).toEqual([talk.id, ...ids]);
      expect((await run({ limit: 23 })).body.turns).toBe(23);
      expect((await run({ policy: "talk" })).body).toMatchObject({ turns: 1, data: [{ conversation: talk.id }] });
      const given = { conversations: [{ messages: [user(RICE)] }] };
      expect((await run({ limit: 1 }, given)).body.data).toMatchObject([
        { conversation: "0", served: null, from: { cost_usd: null } },
        { conversation: talk.id },
      ]);
      expect((await run({ policy: "none" })).body).toMatchObject({ turns: 0, data: [], cost_usd: { turns: 0 } });
    });

    it("tells the audit log, shows no text, and takes a key that may read them", async () => {
      await made([user(RICE)]);
      const { body } = await run({ limit: 5 });
      expect(JSON.stringify(body)).not.toContain("rice");
      const [entry] = (await tenant.api("/audit-log?limit=1")).body.data as object[];
      expect(entry).toMatchObject({ action: "recording.dry_run", changes: { "/limit": { to: 5 } } });
      const key = await tenant.key({ scopes: ["policies:write"] });
      expectProblem(await run({}, {}, key), 403, "insufficient_scope");
      const both = await tenant.key({ scopes: ["policies:write", "recordings:read"], allowed_routers: ["x"] });
      expectProblem(await run({}, {}, both), 403, "model_not_allowed");
      await made([user(LOOP)], {}, other);
      expect((await run({})).body.turns).toBe(1);
    });

    it.each([
      ["no limit at all", { limit: 0 }, "/recordings/limit"],
      ["too large a limit", { limit: 401 }, "/recordings/limit"],
      [
        "a time that ends before it begins",
        { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
        "/recordings/from",
      ],
      ["what it does not know", { newest: 5 }, "/recordings/newest"],
      ["a policy no router can have", { policy: "a<b>" }, "/recordings/policy"],
    ])("refuses %s", async (_name, recordings, pointer) => {
      const refused = await run(recordings);
      expectProblem(refused, 422, "validation_failed");
      expect(pointers(refused)).toContain(pointer);
    });

    it("refuses more turns than one call decides", async () => {
      const given = { conversations: [{ messages: [user(RICE), user(RICE)] }] };
      const refused = await run({ limit: 399 }, given);
      expect(pointers(refused)).toEqual(["/recordings/limit"]);
    });
  });

  describe("a golden case made of one", () => {
    const make = (id: string, body: object, key = tenant.adminKey, headers = {}): Promise<Answer> =>
      call(`/api/v1/routers/default/recordings/${id}/golden-case`, key, { body, headers });

    it("is its conversation as routing saw it, with what is right for the latest turn", async () => {
      const said = [{ role: "system", content: "Be kind" }, user(RICE), assistant("Boil it"), user(`${LOOP}\u0000`)];
      const { id } = await made(said);
      const { status, body, headers } = await make(id, { name: "loop", expected: "code" });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        name: "loop",
        messages: [user(RICE), assistant("Boil it"), user(`${LOOP}\ufffd`)],
        expected: [null, "code"],
      });
      const path = `/routers/default/golden-cases/${String(body.id)}`;
      expect((await tenant.api(path)).headers.get("etag")).toBe(headers.get("etag"));
      const [entry] = (await tenant.api("/audit-log?limit=1")).body.data as object[];
      expect(entry).toMatchObject({ action: "golden_case.create", changes: { "/recording": { to: id } } });
      expect(JSON.stringify(entry)).not.toContain("IndexError");
    });

    it("takes the label of the latest feedback when nothing is said", async () => {
      const about = await made([user(RICE)]);
      expect(pointers(await make(about.id, {}))).toEqual(["/expected"]);
      await append([about]);
      const tell = (label: string | null, metric: string) =>
        call("/v1/feedback", tenant.adminKey, { body: { decision: about.id, score: 1, label, metric } });
      for (const [label, metric] of [
        ["code", "a"],
        ["cooking", "b"],
        [null, "c"],
      ] as const) {
        expect((await tell(label, metric)).status).toBe(200);
      }
      expect((await make(about.id, {})).body.expected).toEqual(["cooking"]);
      expect((await make(about.id, { expected: "other" })).body.expected).toEqual(["other"]);
    });

    it("is made once under one Idempotency-Key, also when the recording has gone since", async () => {
      const { id } = await made([user(RICE)]);
      const once = { "idempotency-key": "a" };
      const first = await make(id, { expected: "cooking" }, tenant.adminKey, once);
      await tenant.api(`/routers/default/recordings/${id}`, { method: "DELETE" });
      expect((await make(id, { expected: "cooking" }, tenant.adminKey, once)).body).toEqual(first.body);
      expectProblem(await make(id, { expected: "cooking" }), 404, "not_found");
      expect((await tenant.api("/routers/default/golden-cases")).body.data).toHaveLength(1);
    });

    it("is refused of another tenant's, without the scope, and of a turn without text", async () => {
      const theirs = await made([user(RICE)], {}, other);
      expectProblem(await make(theirs.id, { expected: "code" }), 404, "not_found");
      const mine = await made([user("")]);
      expectProblem(await make(mine.id, { expected: "code" }), 409, "conflict");
      const key = await tenant.key({ scopes: ["policies:write"] });
      expectProblem(await make(mine.id, { expected: "code" }, key), 403, "insufficient_scope");
      for (const [body, pointer] of [
        [{ expected: "a<b>" }, "/expected"],
        [{ name: " " }, "/name"],
        [{ x: 1 }, "/x"],
      ] as const) {
        expect(pointers(await make(mine.id, body))).toContain(pointer);
      }
    });
  });

  describe("a data set of them", () => {
    const lines = async (query = "", of = tenant) => {
      const { status, headers, body } = await of.api(`/routers/default/data-set${query}`);
      expect([status, headers.get("content-type")]).toEqual([200, "application/jsonl"]);
      const text = typeof body === "string" ? body : JSON.stringify(body);
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- lines of several forms
      return text.split("\n").flatMap((line): any[] => (line === "" ? [] : [JSON.parse(line)]));
    };
    const score = async (about: DecisionRecord, value: number, more: object = {}, key = tenant.adminKey) => {
      const body = { decision: about.id, score: value, ...more };
      expect((await call("/v1/feedback", key, { body })).status).toBe(200);
    };

    it("holds conversation, policy, model and score, each of its own", async () => {
      const [good, bad, plain] = [
        await made([user(RICE)], { policy: "cooking", model: "small" }),
        await made([user(LOOP)], { policy: "code", model: "large" }),
        await made([user("hi")], { policy: null, model: "small" }),
      ];
      await append([good, bad, plain]);
      await score(good, 1);
      await score(good, 0.5, {}, await tenant.key());
      await score(good, -1, { metric: "tone" });
      await score(bad, -1, { label: "cooking" });
      expect(await lines()).toMatchObject([
        { decision: plain.id, score: null, scores: 0, label: null },
        { decision: bad.id, policy: "code", model: "large", score: -1, scores: 1, label: "cooking", metric: "overall" },
        {
          decision: good.id,
          policy: "cooking",
          messages: [user(RICE)],
          answer: `Answer to ${RICE}`,
          score: 0.75,
          scores: 2,
        },
      ]);
      const decisions = async (query: string) => (await lines(query)).map(({ decision }) => decision as string);
      expect(await decisions("?min_score=0.75")).toEqual([good.id]);
      expect(await decisions("?max_score=.5")).toEqual([bad.id]);
      expect(await decisions("?min_score=-1.0&max_score=1")).toEqual([bad.id, good.id]);
      expect(await decisions("?metric=tone&max_score=-1")).toEqual([good.id]);
      expect(await decisions("?source=webhook&min_score=-1")).toEqual([]);
      expect(await decisions("?policy=code")).toEqual([bad.id]);
      const [test] = await lines("?form=promptfoo&policy=code");
      expect(JSON.parse(test.vars.messages)).toEqual([user(LOOP)]);
      expect(test.metadata).toMatchObject({ policy: "code", model: "large", score: -1 });
      const [sample] = await lines("?form=openai-evals&policy=code");
      expect(sample).toMatchObject({ input: [user(LOOP)], ideal: `Answer to ${LOOP}` });
    });

    it("streams page by page, leaves out what does not open, and is nobody else's", async () => {
      const ids: string[] = [];
      for (let count = 0; count < 45; count += 1) ids.unshift((await made([user(RICE)])).id);
      await made([user(LOOP)], {}, other);
      expect((await lines()).map(({ decision }) => decision as string)).toEqual(ids);
      expect(await lines("", other)).toHaveLength(1);
      expect((await tenant.api(`/routers/default/recordings/${String(ids[30])}`, { method: "DELETE" })).status).toBe(
        204,
      );
      expect(await lines()).toHaveLength(44);
    });

    it("tells the audit log, and takes a key that may read", async () => {
      await made([user(RICE)]);
      await lines("?conversation=a-person&form=promptfoo");
      const [entry] = (await tenant.api("/audit-log?limit=1")).body.data as object[];
      const changes = { "/form": { to: "promptfoo" }, "/conversation": { to: true } };
      expect(entry).toMatchObject({ action: "recording.export", changes });
      expect(JSON.stringify(entry)).not.toContain("a-person");
      const path = "/api/v1/routers/default/data-set";
      expectProblem(await call(path, await tenant.key({ scopes: ["usage:read"] })), 403, "insufficient_scope");
      const elsewhere = await tenant.key({ scopes: ["recordings:read"], allowed_routers: ["x"] });
      expectProblem(await call(path, elsewhere), 403, "model_not_allowed");
      expectProblem(await tenant.api("/routers/none/data-set"), 404, "not_found");
      const wrong = await tenant.api("/routers/default/data-set?min_score=0.5&max_score=0.1");
      expect(pointers(wrong)).toEqual(["/min_score"]);
    });
  });
});
