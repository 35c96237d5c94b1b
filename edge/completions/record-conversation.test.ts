import { describe, expect, it } from "vitest";
import { decisionRecord } from "../../test/stack/decision-record.ts";
import { ok, ServiceError } from "../errors.ts";
import type { RecordingRecord } from "../recordings/recordings.store.ts";
import { routerDocumentSchema, type RouterSettings } from "../routing/router-document.ts";
import { open } from "../tenancy/secrets.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import type { Plan } from "./plan.ts";
import { keptAnswer, recordConversation } from "./record-conversation.ts";

const RING = [{ id: "k1", key: Buffer.alloc(32, 1).toString("base64") }];
const BODY = { model: "auto", messages: [{ role: "user", content: "secret words" }], tools: [{ type: "function" }] };
/** Lies at 0.39 percent of all conversations. */
const KEY = `01${"0".repeat(30)}`;

function planWith(settings: Partial<RouterSettings> | null): Plan {
  const conversation = { key: KEY, source: "header" };
  const plan = { decisionId: "dec_a", conversation, candidates: ok([]) };
  if (settings === null) return { ...plan, routed: null };
  const document = routerDocumentSchema.parse({ policies: [], targets: {}, fallback: { model: "m" }, settings });
  const router = { id: "rtr_a", slug: "r", version: 3, policy_digest: "d", published_at: "", document };
  const verdict = { outcome: "other" as const, policy: null, confidence: 1 };
  const reading = { source: "fallback:timeout" as const, decideMs: 1 };
  return { ...plan, routed: { router, reading, verdict, split: null, routing: null } };
}

/** What a request leaves behind, and what the log is told. */
async function recorded(
  settings: Partial<RouterSettings> | null,
  row: Partial<DecisionRecord> = {},
  { body = BODY, failure = null }: { body?: typeof BODY; failure?: Error | null } = {},
) {
  const stored: { tenant: unknown; router: unknown; record: RecordingRecord }[] = [];
  const logged: string[] = [];
  const query = <T>(_text: string, [tenant, router, record]: readonly unknown[]): Promise<T[]> => {
    if (failure !== null) return Promise.reject(failure);
    stored.push({ tenant, router, record: JSON.parse(record as string) as RecordingRecord });
    return Promise.resolve([]);
  };
  const deps = {
    env: { CREDENTIAL_KEYS: RING },
    db: { edge: { query } },
    log: (...said: unknown[]) => logged.push(JSON.stringify(said)),
  };
  const principal = { tenant: { tenantId: "ten_a" } };
  const receipt = decisionRecord(row);
  await recordConversation(deps as never, principal as never, planWith(settings), body, receipt, "an answer");
  return { stored, logged };
}

describe("a conversation", () => {
  it("is kept for its tenant and decision, sealed, with what its receipt says", async () => {
    const { stored, logged } = await recorded({ record_prompts: true }, { policy: "code", model: "small" });
    const [kept] = stored;
    expect([kept?.tenant, kept?.router]).toEqual(["ten_a", "rtr_a"]);
    expect(kept?.record).toMatchObject({ decision_id: "dec_a", router_version: 3, policy: "code", model: "small" });
    expect(JSON.stringify(stored)).not.toMatch(/secret words|an answer/);
    const text = await open(RING, { tenantId: "ten_a", ownerId: "dec_a" }, kept!.record.sealed);
    expect(JSON.parse(text)).toMatchObject({
      messages: BODY.messages,
      truncated: false,
      answer: "an answer",
      needs: { tools: true, images: false },
    });
    await expect(open(RING, { tenantId: "ten_b", ownerId: "dec_a" }, kept!.record.sealed)).rejects.toThrow(
      ServiceError,
    );
    await expect(open(RING, { tenantId: "ten_a", ownerId: "dec_b" }, kept!.record.sealed)).rejects.toThrow(
      ServiceError,
    );
    expect(logged).toEqual([]);
  });

  it.each<[string, Partial<RouterSettings> | null, Partial<DecisionRecord>]>([
    ["without its owner's word", {}, {}],
    ["when its owner says no", { record_prompts: false, record_answers: true, record_percent: 100 }, {}],
    ["when the client named a model itself", null, {}],
    ["outside the sample", { record_prompts: true, record_percent: 0.39 }, {}],
    ["when nothing could serve it", { record_prompts: true }, { request_status: "refused" }],
    ["when no model answered", { record_prompts: true }, { request_status: "failed" }],
  ])("is not kept %s", async (_name, settings, row) => {
    expect(await recorded(settings, row)).toEqual({ stored: [], logged: [] });
  });

  it.each(["completed", "interrupted", "aborted", "routed"] as const)(
    "is kept of a request that was %s",
    async (status) => {
      const { stored } = await recorded({ record_prompts: true, record_percent: 0.4 }, { request_status: status });
      expect(stored).toHaveLength(1);
    },
  );

  it("that is too large, or that the database refuses, is told to the log by its ids alone", async () => {
    const body = { ...BODY, messages: [{ role: "user", content: "secret words ".repeat(20_000) }] };
    const large = await recorded({ record_prompts: true }, {}, { body });
    const refused = await recorded({ record_prompts: true }, {}, { failure: new Error("secret words") });
    for (const { stored, logged } of [large, refused]) {
      expect(stored).toEqual([]);
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatch(/conversation_not_recorded.*ten_a.*dec_a/);
      expect(logged[0]).not.toContain("secret");
    }
  });
});

it("an answer's text is held for a router that keeps answers, and for no other", () => {
  expect(keptAnswer(planWith({ record_prompts: true, record_answers: true }))).toBeGreaterThan(1_000);
  for (const settings of [null, {}, { record_prompts: true }, { record_answers: true }]) {
    expect(keptAnswer(planWith(settings))).toBe(0);
  }
});
