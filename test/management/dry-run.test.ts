import { beforeAll, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const user = (content: string) => ({ role: "user", content });
const CODE = { name: "code", description: "Writing, explaining and fixing program code" };
const COOKING = { name: "cooking", description: "Recipes, ingredients and how to cook a dish" };

const document = (more: Partial<RouterDocumentInput>): RouterDocumentInput => ({
  policies: [CODE, COOKING],
  targets: { code: { model: "large" }, cooking: { model: "small" } },
  fallback: { model: "small" },
  settings: { deadline_ms: 10_000 },
  ...more,
});

const THREAD = {
  id: "thread",
  messages: [
    user("Fix this Python function: it raises an IndexError"),
    { role: "assistant", content: "Done." },
    user("Now a recipe for pancakes, please"),
  ],
};

describe("a dry run", () => {
  let tenant: TestTenant;
  const run = (body: unknown, of = tenant) => of.api("/routers/assistant/dry-run", { body });
  const edit = async (next: RouterDocumentInput) => {
    const draft = await tenant.api("/routers/assistant/draft");
    const headers = { "if-match": draft.headers.get("etag") ?? "" };
    expect((await tenant.api("/routers/assistant/draft", { method: "PUT", body: next, headers })).status).toBe(200);
  };

  beforeAll(async () => {
    tenant = await mintTenant();
    await tenant.provider({ slug: "echo" });
    const prices = (input: number) => ({ prices: { input_per_million: input, output_per_million: 1 } });
    await tenant.model({ slug: "small", provider: "echo", ...prices(1) });
    await tenant.model({ slug: "large", provider: "echo", ...prices(10) });
    await tenant.publish("assistant", document({}));
  });

  it("changes nothing when nothing was edited", async () => {
    const { status, body } = await run({ conversations: [THREAD] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: 1, to: "draft", turns: 2, policy_changes: 0, model_changes: 0, flips: [] });
    expect(body.data).toMatchObject([
      { conversation: "thread", turn: 0, from: { outcome: "matched", policy: "code", model: "large" } },
      { conversation: "thread", turn: 1, from: { outcome: "matched", policy: "cooking", model: "small" } },
    ]);
    expect(body.input_cost_usd.from).toBe(body.input_cost_usd.to);
  });

  it("lists the turns that another target moves to another model, with what that costs", async () => {
    await edit(document({ targets: { code: { model: "small" }, cooking: { model: "small" } } }));
    const { body } = await run({ conversations: [THREAD] });
    expect(body).toMatchObject({ policy_changes: 0, model_changes: 1 });
    expect(body.flips).toMatchObject([
      { turn: 0, policy_changed: false, model_changed: true, from: { model: "large" }, to: { model: "small" } },
    ]);
    const [flip] = body.flips as { from: { input_cost_usd: number }; to: { input_cost_usd: number } }[];
    expect(flip?.from.input_cost_usd).toBeCloseTo(10 * (flip?.to.input_cost_usd ?? 0), 12);
    expect(body.input_cost_usd.to).toBeLessThan(body.input_cost_usd.from);
  });

  it("lists the turns that other policies move, between any two revisions", async () => {
    await edit(document({ policies: [CODE], targets: { code: { model: "large" } } }));
    const { body } = await run({ from: "draft", to: 1, conversations: [{ messages: [user("How do I cook rice?")] }] });
    expect(body).toMatchObject({ from: "draft", to: 1, policy_changes: 1 });
    expect(body.flips).toMatchObject([
      { conversation: "0", turn: 0, from: { outcome: "other", policy: null }, to: { policy: "cooking" } },
    ]);
  });

  it("decides the router's golden cases beside given conversations", async () => {
    await edit(document({ policies: [CODE], targets: { code: { model: "large" } } }));
    const golden = { messages: [user("How do I cook rice?")], expected: ["cooking"] };
    const { id } = (await tenant.api("/routers/assistant/golden-cases", { body: golden })).body;
    const alone = await run({ golden_cases: true });
    expect(alone.body).toMatchObject({ turns: 1, policy_changes: 1, flips: [{ conversation: id, turn: 0 }] });
    expect((await run({ golden_cases: true, conversations: [THREAD] })).body.turns).toBe(3);
    const other = await mintTenant();
    expectProblem(await run({ golden_cases: true }, other), 404, "not_found");

    const lines = Array.from({ length: 401 }, () => JSON.stringify(golden)).join("\n");
    const headers = { "content-type": "application/jsonl" };
    await tenant.api("/routers/assistant/golden-cases/import", { method: "POST", body: lines, headers });
    const refused = await run({ golden_cases: true });
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual(["/golden_cases"]);
  });

  it("leaves no receipt, and another tenant's router is not there", async () => {
    expect((await tenant.api("/decisions")).body.data).toEqual([]);
    const other = await mintTenant();
    expectProblem(await run({ conversations: [THREAD] }, other), 404, "not_found");
    expectProblem(await run({ to: 9, conversations: [THREAD] }), 404, "not_found");
  });

  it("needs something to compare with", async () => {
    await tenant.api("/routers", { body: { slug: "fresh" } });
    const body = { conversations: [THREAD] };
    expectProblem(await tenant.api("/routers/fresh/dry-run", { body }), 409, "conflict");
    const drafts = { body: { ...body, from: "draft" } };
    const refused = await tenant.api("/routers/fresh/dry-run", drafts);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual(["/from"]);
  });

  it.each([
    ["no conversations", {}, "/conversations"],
    ["an empty list", { conversations: [] }, "/conversations"],
    ["no user message", { conversations: [{ messages: [{ role: "system", content: "x" }] }] }, "/conversations"],
    ["too many", { conversations: [{ messages: Array.from({ length: 401 }, () => user("x")) }] }, "/conversations"],
    [
      "a message without a role",
      { conversations: [{ messages: [{ content: "x" }] }] },
      "/conversations/0/messages/0/role",
    ],
    ["a revision that is none", { to: "latest", conversations: [THREAD] }, "/to"],
  ])("refuses %s", async (_name, body, pointer) => {
    const refused = await run(body);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toContain(pointer);
  });
});
