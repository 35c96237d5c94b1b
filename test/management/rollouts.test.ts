import { beforeEach, describe, expect, it } from "vitest";
import { settledDecision } from "../stack/decision.ts";
import { call, mintEchoTenant, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const DOCUMENT = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "echo-small" } },
  fallback: { model: "echo-large" },
  settings: { deadline_ms: 10_000 },
};
const ROLLOUT = { router: "default", policy: "parcels", candidate: { model: "echo-code" }, percent: 100 };
const MESSAGES = [{ role: "user", content: "When does my parcel arrive?" }];

let tenant: TestTenant;
let key: string;
beforeEach(async () => {
  ({ tenant, inferenceKey: key } = await mintEchoTenant(DOCUMENT));
});

async function begin(fields: object = {}): Promise<string> {
  const made = await tenant.api("/rollouts", { body: { ...ROLLOUT, ...fields } });
  expect(made.status).toBe(201);
  return made.body.id as string;
}

const ask = (conversation: string, body: object = {}, token = key): Promise<Answer> =>
  call("/v1/chat/completions", token, {
    body: { model: "auto", messages: MESSAGES, ...body },
    headers: { "x-signalbox-conversation": conversation },
  });

const modelOf = (answer: Answer): string | null => answer.headers.get("x-signalbox-model");
const armOf = (answer: Answer): string | null => answer.headers.get("x-signalbox-arm");

describe("a rollout", () => {
  it("is made, read, listed and told to the audit log", async () => {
    const id = await begin({ percent: 5 });
    const read = await tenant.api(`/rollouts/${id}`);
    expect(read.body).toMatchObject({ id, ...ROLLOUT, percent: 5, status: "running", reason: null });
    expect(read.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    expect((await tenant.api("/rollouts")).body).toEqual({ data: [read.body], next_cursor: null });
    const [entry] = (await tenant.api("/audit-log")).body.data as Record<string, unknown>[];
    expect(entry).toMatchObject({ action: "rollout.create", target: { kind: "rollout", id } });
  });

  it("sends its policy's conversations to the candidate, and says so in header, dry run and receipt", async () => {
    const id = await begin();
    const answer = await ask("c-1");
    expect([modelOf(answer), armOf(answer)]).toEqual(["echo-code", `candidate@${id}`]);
    const receipt = await settledDecision(tenant, answer.headers.get("x-signalbox-decision") ?? "");
    expect(receipt).toMatchObject({ policy: "parcels", model: "echo-code", arm: `candidate@${id}` });
    const dry = await call("/v1/route", key, { body: { model: "auto", messages: MESSAGES } });
    expect(dry.body).toMatchObject({ model: "echo-code", arm: `candidate@${id}` });
  });

  it.each([
    ["header", { "x-signalbox-conversation": "c-1" }, { prompt_cache_key: "c", user: "u" }],
    ["prompt_cache_key", {}, { prompt_cache_key: "c-1", user: "u" }],
    ["user", {}, { user: "c-1" }],
    ["messages", {}, {}],
  ])("keeps conversations by their %s, and the receipt says so", async (source, headers, fields) => {
    await begin({ percent: 50 });
    const send = (more: object = {}): Promise<Answer> =>
      call("/v1/chat/completions", key, { body: { model: "auto", messages: MESSAGES, ...fields, ...more }, headers });
    const answer = await send();
    const receipt = await settledDecision(tenant, answer.headers.get("x-signalbox-decision") ?? "");
    expect(receipt).toMatchObject({ conversation_key_source: source, arm: armOf(answer) });
    const reply = { role: "assistant", content: "On Monday." };
    const later = await send({ messages: [...MESSAGES, reply, { role: "user", content: "Where is my parcel now?" }] });
    expect(armOf(later)).toBe(armOf(answer));
  });

  it("leaves explicit models alone", async () => {
    await begin();
    const answer = await ask("c-1", { model: "echo-small" });
    expect([modelOf(answer), armOf(answer)]).toEqual(["echo-small", null]);
  });

  it("keeps every conversation on its arm, and moves none back when it is widened", async () => {
    const id = await begin({ percent: 40 });
    const conversations = Array.from({ length: 12 }, (_, index) => `c-${index}`);
    const arms = async (): Promise<(string | null)[]> =>
      (await Promise.all(conversations.map((c) => ask(c)))).map(armOf);
    const before = await arms();
    expect(await arms()).toEqual(before);
    const etag = (await tenant.api(`/rollouts/${id}`)).headers.get("etag") ?? "";
    const widened = await tenant.api(`/rollouts/${id}`, {
      method: "PATCH",
      body: { percent: 80 },
      headers: { "if-match": etag },
    });
    expect(widened).toMatchObject({ status: 200, body: { percent: 80 } });
    const after = await arms();
    expect(new Set([...before, ...after])).toEqual(new Set([`candidate@${id}`, `control@${id}`]));
    const taken = before.filter((arm, index) => arm === `candidate@${id}` && after[index] !== arm);
    expect(taken).toEqual([]);
  });

  it("leaves what the candidate cannot or may not serve to the policy's own target", async () => {
    await tenant.model({ slug: "no-tools", provider: "echo", capabilities: { tools: false } });
    const id = await begin({ candidate: { model: "no-tools" } });
    const tools = [{ type: "function", function: { name: "track", parameters: { type: "object", properties: {} } } }];
    const answer = await ask("c-1", { tools });
    expect([answer.status, modelOf(answer), armOf(answer)]).toEqual([200, "echo-small", `candidate@${id}`]);
    const narrow = await tenant.key({ allowed_models: ["echo-small"] });
    expect(modelOf(await ask("c-1", {}, narrow))).toBe("echo-small");
  });

  it("pauses, goes on, and ends where it is told to", async () => {
    const id = await begin();
    const paused = await tenant.api(`/rollouts/${id}/pause`, { method: "POST" });
    expect(paused).toMatchObject({ status: 200, body: { status: "paused" } });
    const meanwhile = await ask("c-1");
    expect([modelOf(meanwhile), armOf(meanwhile)]).toEqual(["echo-small", null]);
    await tenant.api(`/rollouts/${id}/resume`, { method: "POST" });
    expect(armOf(await ask("c-1"))).toBe(`candidate@${id}`);

    const aborted = await tenant.api(`/rollouts/${id}/abort`, { body: { reason: "Too terse" } });
    expect(aborted.body).toMatchObject({ status: "aborted", reason: "Too terse" });
    expect(modelOf(await ask("c-1"))).toBe("echo-small");
    for (const verb of ["pause", "resume", "promote"]) {
      expectProblem(await tenant.api(`/rollouts/${id}/${verb}`, { method: "POST" }), 409, "conflict");
    }
    const patch = { method: "PATCH", body: { percent: 1 }, headers: { "if-match": "*" } };
    expectProblem(await tenant.api(`/rollouts/${id}`, patch), 409, "conflict");
    const actions = (await tenant.api("/audit-log")).body.data.map(({ action }: { action: string }) => action);
    expect(actions.slice(0, 4)).toEqual(["rollout.abort", "rollout.resume", "rollout.pause", "rollout.create"]);
  });

  it("is promoted as a new version, and the draft follows", async () => {
    const id = await begin({ percent: 5 });
    const promoted = await tenant.api(`/rollouts/${id}/promote`, { method: "POST" });
    expect(promoted).toMatchObject({ status: 200, body: { status: "promoted" } });
    expect((await tenant.api("/routers/default/versions/2")).body.document.targets).toEqual({
      parcels: { model: "echo-code" },
    });
    expect((await tenant.api("/routers/default/draft")).body.targets).toEqual({ parcels: { model: "echo-code" } });
    const answer = await ask("c-1");
    expect([modelOf(answer), armOf(answer)]).toEqual(["echo-code", null]);
    const again = await tenant.api(`/rollouts/${id}/promote`, { method: "POST" });
    expect(again.body).toEqual(promoted.body);
    expect((await tenant.api("/routers/default")).body.published_version).toBe(2);
  });

  it("is one at a time for a policy, and keeps its candidate from being deleted", async () => {
    const id = await begin();
    expectProblem(await tenant.api("/rollouts", { body: ROLLOUT }), 409, "conflict");
    expectProblem(await tenant.api("/models/echo-code", { method: "DELETE" }), 409, "conflict");
    await begin({ policy: "invoices" });
    await tenant.api(`/rollouts/${id}/abort`, { body: {} });
    await begin();
  });

  it.each([
    ["router", { router: "nothing" }, "/router"],
    ["policy", { policy: "nothing" }, "/policy"],
    ["candidate", { candidate: { model: "nothing" } }, "/candidate/model"],
    ["fallback", { candidate: { model: "echo-code", fallbacks: ["echo-large", "nothing"] } }, "/candidate/fallbacks/1"],
    ["share", { percent: 101 }, "/percent"],
    ["guardrail", { guardrails: { error_rate: { at_most: 0.1, times_control: 1 } } }, "/guardrails/error_rate"],
    [
      "feedback guardrail",
      { guardrails: { feedback_score: { metric: "tone", at_least: 0.5, below_control: 0 } } },
      "/guardrails/feedback_score",
    ],
    [
      "feedback metric",
      { guardrails: { feedback_score: { metric: "", at_least: 0.5 } } },
      "/guardrails/feedback_score/metric",
    ],
    [
      "feedback bound",
      { guardrails: { feedback_score: { metric: "tone", at_least: -1.5 } } },
      "/guardrails/feedback_score/at_least",
    ],
    ["negative share", { percent: -1 }, "/percent"],
    ["share beside a schedule", { schedule: { steps: [{ percent: 5, for_minutes: 60 }] } }, ""],
    [
      "schedule that narrows",
      { percent: undefined, schedule: { steps: [5, 5].map((percent) => ({ percent, for_minutes: 60 })) } },
      "/schedule/steps",
    ],
    [
      "time of a step",
      { percent: undefined, schedule: { steps: [{ percent: 5, for_minutes: 0 }] } },
      "/schedule/steps/0/for_minutes",
    ],
  ])("is refused with an unknown or impossible %s, by name", async (_name, fields, at) => {
    const answer = await tenant.api("/rollouts", { body: { ...ROLLOUT, ...fields } });
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toEqual([at]);
  });

  it("takes a schedule instead of a share, and loses it when a share is set by hand", async () => {
    const schedule = { steps: [{ percent: 10, for_minutes: 60 }] };
    const id = await begin({ percent: undefined, schedule });
    const patch = async (body: object): Promise<Answer> => {
      const etag = (await tenant.api(`/rollouts/${id}`)).headers.get("etag") ?? "";
      return tenant.api(`/rollouts/${id}`, { method: "PATCH", body, headers: { "if-match": etag } });
    };
    expect((await patch({ percent: 10 })).body).toMatchObject({ percent: 10, schedule: null });
    const wider = { steps: [{ percent: 20, for_minutes: 30 }] };
    expect((await patch({ schedule: wider })).body).toMatchObject({
      percent: 20,
      schedule: { ...wider, then: "ask", step: 1, state: "running", step_remaining_ms: null },
    });
    await tenant.api(`/rollouts/${id}/pause`, { method: "POST" });
    expect((await patch({ schedule })).body).toMatchObject({
      percent: 10,
      schedule: { state: "paused", step_ends_at: null, step_remaining_ms: 3_600_000 },
    });
    expect(pointers(await patch({}))).toEqual([""]);
  });

  it("is changed only by who has seen it as it is", async () => {
    const id = await begin();
    const patch = { method: "PATCH", body: { percent: 5 } };
    expectProblem(await tenant.api(`/rollouts/${id}`, patch), 428, "precondition_required");
    const stale = { ...patch, headers: { "if-match": '"stale"' } };
    expectProblem(await tenant.api(`/rollouts/${id}`, stale), 412, "precondition_failed");
  });

  it("is nobody else's to see or change", async () => {
    const id = await begin();
    const other = await mintTenant();
    expect((await other.api("/rollouts")).body.data).toEqual([]);
    expectProblem(await other.api(`/rollouts/${id}`), 404, "not_found");
    const patch = { method: "PATCH", body: { percent: 5 }, headers: { "if-match": "*" } };
    expectProblem(await other.api(`/rollouts/${id}`, patch), 404, "not_found");
    for (const verb of ["pause", "resume", "promote"]) {
      expectProblem(await other.api(`/rollouts/${id}/${verb}`, { method: "POST" }), 404, "not_found");
    }
    expectProblem(await other.api(`/rollouts/${id}/abort`, { body: {} }), 404, "not_found");
    expectProblem(await other.api("/rollouts", { body: ROLLOUT }), 422, "validation_failed");
    expect((await tenant.api(`/rollouts/${id}`)).body).toMatchObject({ percent: 100, status: "running" });
  });
});
