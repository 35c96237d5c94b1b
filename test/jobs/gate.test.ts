import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../database/connect.ts";
import { expectProblem } from "../management/problem.ts";
import { mintEchoTenant, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { runAll } from "./run-evaluations.ts";

const DOCUMENT = {
  policies: [
    { name: "code", description: "Writing, explaining and fixing program code" },
    { name: "cooking", description: "Recipes, ingredients and how to cook a dish" },
  ],
  targets: {},
  fallback: { model: "echo-small" },
};
const known = (content: string, expected: string) => ({ messages: [{ role: "user", content }], expected: [expected] });
const GOOD = known("Fix this Python function: it raises an IndexError", "code");
const BAD = known("How do I cook rice?", "code");

describe("a publish with a gate", () => {
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

  const add = (body: unknown): Promise<Answer> => tenant.api("/routers/default/golden-cases", { body });
  const publish = (gate: unknown, headers = {}): Promise<Answer> =>
    tenant.api("/routers/default/publish", { body: { gate }, headers });
  const version = async (): Promise<unknown> => (await tenant.api("/routers/default")).body.published_version;
  const evaluate = async (body: unknown = {}): Promise<string> => {
    const id = (await tenant.api("/routers/default/evaluations", { body })).body.id as string;
    await runAll();
    return id;
  };

  it("lets a draft through whose golden turns are right, once under one Idempotency-Key", async () => {
    await add(GOOD);
    const once = { "idempotency-key": "a" };
    expect((await publish({ min_accuracy: 1 }, once)).body.version).toBe(2);
    await add(BAD);
    expect((await publish({ min_accuracy: 1 }, once)).body.version).toBe(2);
    expect(await version()).toBe(2);
  });

  it("refuses one that falls short, lists the cases, and publishes nothing", async () => {
    await add(GOOD);
    const { id } = (await add(BAD)).body;
    const refused = await publish({ min_accuracy: 0.9 });
    expectProblem(refused, 422, "gate_failed");
    expect(refused.body.errors).toEqual([
      { pointer: `/golden_cases/${String(id)}/expected/0`, detail: "expected code, got cooking" },
    ]);
    expect(await version()).toBe(1);
    expect((await publish({ min_accuracy: 0.5 })).status).toBe(201);
  });

  it("refuses one without golden cases, and a router that is not there", async () => {
    expectProblem(await publish({ min_accuracy: 0 }), 422, "gate_failed");
    const body = { gate: { min_accuracy: 0 } };
    expectProblem(await (await mintTenant()).api("/routers/default/publish", { body }), 404, "not_found");
  });

  it("needs an evaluation for more than 200 turns, of this draft and of the golden cases", async () => {
    const lines = Array.from({ length: 201 }, () => JSON.stringify(GOOD)).join("\n");
    const headers = { "content-type": "application/jsonl" };
    await tenant.api("/routers/default/golden-cases/import", { method: "POST", body: lines, headers });
    expectProblem(await publish({ min_accuracy: 1 }), 422, "evaluation_stale");
    const own = await evaluate({ cases: [GOOD] });
    expectProblem(await publish({ min_accuracy: 1, evaluation: own }), 422, "evaluation_stale");
    const id = await evaluate();
    expect((await publish({ min_accuracy: 1, evaluation: id })).status).toBe(201);

    const edit = { method: "PUT", body: { ...DOCUMENT, targets: { code: { model: "echo-code" } } } };
    await tenant.api("/routers/default/draft", { ...edit, headers: { "if-match": "*" } });
    expectProblem(await publish({ min_accuracy: 1, evaluation: id }), 422, "evaluation_stale");
  });

  it("takes no evaluation of another engine, nor of another tenant", async () => {
    await add(GOOD);
    const id = await evaluate();
    const readings = [{ scores: [{ policy: "code", probability: 1 }], unsure_reason: null, engine: "old@1" }];
    await admin.query("update signalbox.evaluation_cases set readings = $1 where evaluation_id = $2", [
      JSON.stringify(readings),
      id,
    ]);
    expectProblem(await publish({ min_accuracy: 1, evaluation: id }), 422, "evaluation_stale");
    const { tenant: other } = await mintEchoTenant(DOCUMENT);
    const body = { gate: { min_accuracy: 0, evaluation: id } };
    expectProblem(await other.api("/routers/default/publish", { body }), 422, "evaluation_stale");
    expect(await version()).toBe(1);
  });
});
