import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type pg from "pg";
import { connect, rows } from "../database/connect.ts";
import { expectProblem, pointers } from "../management/problem.ts";
import { mintEchoTenant, mintTenant, type TestTenant } from "../stack/tenant.ts";
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
const known = (content: string, expected: string) => ({ messages: [{ role: "user", content }], expected: [expected] });
const CASES = [
  known("Fix this Python function: it raises an IndexError", "code"),
  known("A recipe for pancakes, please", "cooking"),
  known("How do I cook rice?", "code"),
];
const PATH = "/routers/default/evaluations";

describe("an evaluation", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
  }, 120_000);
  beforeEach(async () => {
    // What other tests left running is none of these tests' work.
    await admin.query("update signalbox.evaluations set status = 'cancelled' where status = 'running'");
    ({ tenant } = await mintEchoTenant(DOCUMENT));
    for (const body of CASES) await tenant.api("/routers/default/golden-cases", { body });
  });
  afterAll(() => admin.end());

  const start = async (body: unknown = {}): Promise<string> => {
    const made = await tenant.api(PATH, { body });
    expect(made).toMatchObject({ status: 202, body: { status: "running", decided: 0 } });
    return made.body.id as string;
  };
  const read = async (id: string) => (await tenant.api(`${PATH}/${id}`)).body;

  it("decides the golden cases as traffic is and measures them", async () => {
    const id = await start();
    expect(await read(id)).toMatchObject({ status: "running", cases: 3, result: null });
    await runAll();
    const done = await read(id);
    expect(done).toMatchObject({ status: "finished", revision: "draft", cases: 3, decided: 3 });
    expect(done.engines).toHaveLength(1);
    const level = { count: 3, right: 2 };
    expect(done.result).toMatchObject({ turn: level, span: level, conversation: level, abstentions: 0, failures: 0 });
    expect(done.result.turn.accuracy).toBeCloseTo(2 / 3);
    expect(done.result.confusion).toEqual([{ expected: "code", got: "cooking", count: 1 }]);
    expect(done.result.policies).toEqual([
      { policy: "code", expected: 2, chosen: 1, right: 1, precision: 1, recall: 0.5 },
      { policy: "cooking", expected: 1, chosen: 2, right: 1, precision: 0.5, recall: 1 },
    ]);
    expect(done.result.misses).toMatchObject([{ turn: 0, expected: "code", got: "cooking" }]);
    const bins = done.result.reliability as { count: number }[];
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect((await tenant.api("/decisions")).body.data).toEqual([]);
  });

  it("runs given cases against a version, whatever becomes of the draft", async () => {
    const id = await start({ revision: 1, cases: [CASES[0]] });
    await runAll();
    expect(await read(id)).toMatchObject({ revision: 1, cases: 1, result: { turn: { accuracy: 1 } } });
    expect((await tenant.api(PATH)).body.data).toMatchObject([{ id, status: "finished" }]);
  });

  it("goes on where it stopped, and decides nothing twice", async () => {
    const id = await start();
    const decider = stackDecider();
    let asked = 0;
    const counting: Pick<typeof decider, "decide"> = {
      decide: (question) => {
        if (question.tenantId === tenant.id) asked += 1;
        return decider.decide(question);
      },
    };
    await runAll(counting, () => asked === 0);
    expect(await read(id)).toMatchObject({ status: "running", decided: 1 });
    await runAll(counting);
    expect(asked, "what another claims is left to it").toBe(1);
    await admin.query("update signalbox.evaluation_cases set claimed_until = now() - interval '1 s'");
    await Promise.all([runAll(counting), runAll(counting)]);
    expect(await read(id)).toMatchObject({ status: "finished", decided: 3 });
    expect(asked).toBe(3);
  });

  it("tries a conversation three times when routing fails, and then counts it as failed", async () => {
    const id = await start({ cases: [CASES[0]] });
    const broken = { decide: () => Promise.resolve({ source: "fallback:unavailable", decideMs: 0 } as const) };
    for (const status of ["running", "running", "finished"]) {
      await runAll(broken);
      expect((await read(id)).status).toBe(status);
      await admin.query("update signalbox.evaluation_cases set claimed_until = now() - interval '1 s'");
    }
    expect((await read(id)).result).toMatchObject({ failures: 1, turn: { right: 0 }, reliability: [] });
  });

  it("is cancelled, and no more of it is done", async () => {
    const id = await start();
    expectProblem(await tenant.api(PATH, { body: {} }), 409, "conflict");
    for (let times = 0; times < 2; times += 1) {
      const cancelled = await tenant.api(`${PATH}/${id}/cancel`, { method: "POST" });
      expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    }
    await runAll();
    expect(await read(id)).toMatchObject({ status: "cancelled", decided: 0, result: null });
    const again = await start();
    await runAll();
    expectProblem(await tenant.api(`${PATH}/${again}/cancel`, { method: "POST" }), 409, "conflict");
  });

  it("is the tenant's own, with what it holds", async () => {
    const id = await start();
    const { tenant: other } = await mintEchoTenant(DOCUMENT);
    await other.api("/routers/default/golden-cases", { body: CASES[0] });
    const theirs = (await other.api(PATH, { body: {} })).body.id as string;
    await runAll();
    expectProblem(await other.api(`${PATH}/${id}`), 404, "not_found");
    expectProblem(await other.api(`${PATH}/${id}/cancel`, { method: "POST" }), 404, "not_found");
    expect((await other.api(PATH)).body.data).toMatchObject([{ id: theirs, cases: 1 }]);
    const stored = await rows(
      admin,
      "select distinct tenant_id from signalbox.evaluation_cases where evaluation_id = $1",
      [theirs],
    );
    expect(stored).toEqual([{ tenant_id: other.id }]);
  });

  it("needs cases, a revision that is there, and cases that can be scored", async () => {
    const bare = await mintTenant();
    expectProblem(await bare.api(PATH, { body: {} }), 404, "not_found");
    await bare.api("/routers", { body: { slug: "default" } });
    expectProblem(await bare.api(PATH, { body: {} }), 409, "conflict");
    expectProblem(await tenant.api(PATH, { body: { revision: 9 } }), 404, "not_found");
    const refused = await tenant.api(PATH, { body: { cases: [{ ...CASES[0], expected: [] }] } });
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toContain("/cases/0/expected");
  });
});
