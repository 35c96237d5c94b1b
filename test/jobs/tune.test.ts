import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Decider } from "../../edge/decider/decider.ts";
import { connect, rows } from "../database/connect.ts";
import { expectProblem, pointers } from "../management/problem.ts";
import { mintEchoTenant, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { runAll, stackDecider } from "./run-evaluations.ts";

const DOCUMENT = {
  policies: [
    { name: "code", description: "Writing, explaining and fixing program code" },
    { name: "cooking", description: "Recipes, ingredients and how to cook a dish" },
  ],
  targets: {},
  fallback: { model: "echo-small" },
};
const SMALL_TALK = "Nice weather today";
const known = (content: string, expected: string) => ({
  name: expected,
  messages: [{ role: "user", content }],
  expected: [expected],
});
const lines = (cases: readonly unknown[]): string => cases.map((each) => JSON.stringify(each)).join("\n");
/** Every other conversation is small talk. */
const CASES = Array.from({ length: 24 }, (_, place) =>
  place % 2 === 0 ? known(SMALL_TALK, "other") : known(`Fix line ${String(place)} of this loop`, "code"),
);

describe("tuning a router on its golden cases", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
  }, 120_000);
  beforeEach(async () => {
    await admin.query("update signalbox.evaluations set status = 'cancelled' where status = 'running'");
    ({ tenant } = await mintEchoTenant(DOCUMENT));
  });
  afterAll(() => admin.end());

  const add = (cases: readonly unknown[], to: TestTenant = tenant): Promise<Answer> =>
    to.api("/routers/default/golden-cases/import", {
      body: lines(cases),
      headers: { "content-type": "application/jsonl" },
    });
  const tune = (body: unknown, headers = {}, of: TestTenant = tenant): Promise<Answer> =>
    of.api("/routers/default/tune", { body, headers });
  const draft = (): Promise<Answer> => tenant.api("/routers/default/draft");
  const audited = async () => (await tenant.api("/audit-log?action=router.tune")).body.data as { changes: unknown }[];

  /** A finished evaluation in which small talk was taken for code by little, as the engine of the stack said. */
  async function timidEvaluation(): Promise<string> {
    const engine = await stackDecider().engine("default");
    const decider: Pick<Decider, "decide"> = {
      decide: ({ conversation }) => {
        const [code, other] = conversation.at(-1)?.content === SMALL_TALK ? [0.55, 0.4] : [0.9, 0.05];
        const scores = [
          { policy: "code", probability: code },
          { policy: "cooking", probability: 1 - code - other },
          { policy: null, probability: other },
        ];
        const of = `${engine?.name ?? ""}@${engine?.version ?? ""}`;
        return Promise.resolve({ source: "engine", scores, unsureReason: null, engine: of, decideMs: 1 });
      },
    };
    const id = (await tenant.api("/routers/default/evaluations", { body: {} })).body.id as string;
    await runAll(decider);
    return id;
  }

  it("shows values under which fewer turns go wrong, which turns flip, and what to expect of other cases", async () => {
    await add(CASES);
    const evaluation = await timidEvaluation();
    const before = await draft();
    const found = await tune({ evaluation });
    expect(found.status, JSON.stringify(found.body)).toBe(200);
    expect(found.body).toMatchObject({
      from: { other_bias: 0, min_confidence: 0 },
      to: { other_bias: 0.5, min_confidence: 0 },
      improves: true,
      applied: false,
      held_out: { folds: 5, before: { turns: 24, wrong: 12 }, after: { wrong: 0 }, saved_per_case: { value: 0.5 } },
      before: { turn: { right: 12 } },
      after: { turn: { right: 24 } },
      flip_count: 12,
    });
    expect(found.body.flips[0]).toMatchObject({ name: "other", turn: 0, expected: "other", from: "code", to: "other" });
    expect(found.headers.get("etag")).toBe(before.headers.get("etag"));
    expect((await draft()).body).toEqual(before.body);
    expect(await audited()).toEqual([]);
  });

  it("writes the draft that the caller has seen, with what changed in the audit log, once", async () => {
    await add(CASES);
    const evaluation = await timidEvaluation();
    const seen = (await draft()).headers.get("etag") ?? "";
    expectProblem(await tune({ evaluation, apply: true }), 428, "precondition_required");
    expectProblem(await tune({ evaluation, apply: true }, { "if-match": '"another"' }), 412, "precondition_failed");
    const headers = { "if-match": seen, "idempotency-key": "a" };
    const applied = await tune({ evaluation, apply: true }, headers);
    expect(applied).toMatchObject({ status: 200, body: { applied: true, to: { other_bias: 0.5 } } });
    const again = await tune({ evaluation, apply: true }, headers);
    expect([again.body, again.headers.get("etag")]).toEqual([applied.body, applied.headers.get("etag")]);
    const now = await draft();
    expect(now.body.settings).toMatchObject({ other_bias: 0.5, min_confidence: 0 });
    expect(now.headers.get("etag")).toBe(applied.headers.get("etag"));
    expect(applied.headers.get("etag")).not.toBe(seen);
    expect(await audited()).toMatchObject([{ changes: { "/settings/other_bias": { from: null, to: 0.5 } } }]);

    const settled = await tune({ evaluation, apply: true }, { "if-match": "*" });
    expect(settled.body).toMatchObject({ improves: false, applied: false, flips: [] });
    expect(settled.headers.get("etag")).toBe(applied.headers.get("etag"));
    expect(await audited()).toHaveLength(1);
  });

  it("decides a few golden turns at once, as traffic is decided", async () => {
    await add(CASES);
    const found = await tune({ settings: ["min_confidence"], costs: { wrong: 1, unsure: 0.2 } });
    expect(found.body).toMatchObject({
      costs: { wrong: 1, unsure: 0.2 },
      before: { turn: { count: 24 }, failures: 0 },
    });
    expect(found.body.engines).toHaveLength(1);
    expect(found.body.to.other_bias).toBe(found.body.from.other_bias);
    expect(found.body.held_out.before.turns).toBe(24);
  });

  it("names the least it needs", async () => {
    expect(pointers(await tune({}))).toEqual(["/golden_cases", "/golden_cases", "/golden_cases"]);
    await add(Array.from({ length: 20 }, () => known("Fix this loop", "code")));
    const refused = await tune({});
    expectProblem(refused, 422, "too_few_golden_cases");
    expect(refused.body.errors).toEqual([
      { pointer: "/golden_cases", detail: "at least 5 turns that expect other, and there are 0" },
    ]);
    expect((await tune({ settings: ["min_confidence"] })).status).toBe(200);
  });

  it("needs an evaluation for more than 200 turns, of these policies, on the engine that decides now", async () => {
    await add(Array.from({ length: 201 }, () => known("Fix this loop", "code")));
    const many = await tune({});
    expectProblem(many, 422, "evaluation_stale");
    expect(many.body.param).toBe("evaluation");
    const id = (await tenant.api("/routers/default/evaluations", { body: {} })).body.id as string;
    expectProblem(await tune({ evaluation: id }), 422, "evaluation_stale");
    await runAll();
    const settings = { settings: ["min_confidence"], evaluation: id };
    expect((await tune(settings)).status).toBe(200);

    const edit = (body: unknown) =>
      tenant.api("/routers/default/draft", { method: "PUT", body, headers: { "if-match": "*" } });
    await edit({ ...DOCUMENT, targets: { code: { model: "echo-code" } }, settings: { min_confidence: 0.4 } });
    expect((await tune(settings)).status, "targets and thresholds touch no reading").toBe(200);
    await edit({ ...DOCUMENT, policies: DOCUMENT.policies.slice(0, 1) });
    expectProblem(await tune(settings), 422, "evaluation_stale");

    await edit(DOCUMENT);
    await admin.query(
      `update signalbox.evaluation_cases set readings = jsonb_set(readings, '{0,engine}', '"old@1"') where evaluation_id = $1`,
      [id],
    );
    const old = await tune(settings);
    expectProblem(old, 422, "evaluation_stale");
    expect(old.body.detail).toMatch(/^It ran on old@1, and \S+@\S+ decides now\.$/);
  });

  it("says that routing is not there when no engine answers, now or for an evaluation", async () => {
    await add(CASES);
    const body = { ...DOCUMENT, settings: { engine: "absent" } };
    await tenant.api("/routers/default/draft", { method: "PUT", body, headers: { "if-match": "*" } });
    const now = await tune({});
    expectProblem(now, 503, "routing_unavailable");
    expect(now.body.detail).toBe("Only 0 golden cases could be decided.");
    const evaluation = await timidEvaluation();
    expectProblem(await tune({ evaluation }), 503, "routing_unavailable");
    const gate = { min_accuracy: 0, evaluation };
    expectProblem(await tenant.api("/routers/default/publish", { body: { gate } }), 503, "routing_unavailable");
    expect((await tenant.api("/routers/default")).body.published_version).toBe(1);
  });

  it("is the tenant's own: neither cases nor evaluations nor drafts of another's", async () => {
    await add(CASES);
    const evaluation = await timidEvaluation();
    const { tenant: other } = await mintEchoTenant(DOCUMENT);
    expectProblem(await tune({}, {}, other), 422, "too_few_golden_cases");
    await add(CASES, other);
    expectProblem(await tune({ evaluation }, {}, other), 422, "evaluation_stale");
    expectProblem(await tune({}, {}, await mintTenant()), 404, "not_found");
    const before = await draft();
    expect((await tune({ apply: true, costs: { unsure: 0.1 } }, { "if-match": "*" }, other)).status).toBe(200);
    expect((await draft()).headers.get("etag")).toBe(before.headers.get("etag"));
    const logged = await rows(
      admin,
      "select distinct tenant_id from signalbox.audit_log where action = 'router.tune' and tenant_id = any($1)",
      [[tenant.id, other.id]],
    );
    expect(logged).not.toContainEqual({ tenant_id: tenant.id });
  });

  it("refuses what makes no sense, naming the field", async () => {
    const refused = await tune({ settings: [], costs: { wrong: 0, unsure: -1 }, evaluation: "x" });
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused).toSorted()).toEqual(["/costs/unsure", "/costs/wrong", "/evaluation", "/settings"]);
  });
});
