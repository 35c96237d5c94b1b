import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { describe, expect, it } from "vitest";
import { decodeLogs, decodeTraces } from "../../test/telemetry/decode-otlp.ts";
import { decisionRecord } from "../../test/stack/decision-record.ts";
import { decisionSpans } from "./decision-spans.ts";
import { feedbackEvent } from "./feedback-event.ts";
import { logsRequest, traceRequest } from "./otlp.ts";
import { readFields } from "./protobuf.ts";

const NAMES = new Set<unknown>(Object.values(conventions).filter((value) => typeof value === "string"));
const ID = "dec_01k0000000000000000000000a";

const decision = decisionRecord({
  id: ID,
  created_at: "2026-01-01T00:00:00.250+00:00",
  stream: true,
  cached_input_tokens: 4,
  reasoning_tokens: 3,
  routing_input_tokens: 900,
  routing_cost_usd: 0.00002,
  arm: "candidate@rol_1",
  timings_ms: { auth: 2, decide: 5, upstream: 20, first_byte: 28, total: 140.5 },
});
const feedback = {
  tenant_id: "ten_a",
  id: "fbk_1",
  decision_id: ID,
  router: "default",
  policy: "code",
  model: "small",
  arm: null,
  source: "inference",
  metric: "helpful",
  score: 1,
  label: null,
  given_at: "2026-01-01T00:01:00Z",
};

const spansOf = (...records: (typeof decision)[]) => decodeTraces(traceRequest(records.flatMap(decisionSpans)));

describe("a decision, as the official protobufs read it", () => {
  it("is the span of a model's call and within it the decision's, with their times", () => {
    const { resource, scope, spans } = spansOf(decision);
    expect([resource, scope]).toEqual([{ "service.name": "signalbox" }, "signalbox"]);
    const [call, route] = spans;
    expect(call).toMatchObject({ name: "chat small-1", kind: 3, parentSpanId: "", status: null });
    expect(route).toMatchObject({ name: "route default", kind: 1, traceId: call?.traceId, parentSpanId: call?.spanId });
    const begin = BigInt(Date.parse("2026-01-01T00:00:00.250Z")) * 1_000_000n;
    expect([call?.start, call?.end]).toEqual([begin, begin + 140_500_000n]);
    expect([route?.start, route?.end]).toEqual([begin + 2_000_000n, begin + 7_000_000n]);
    expect(call?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(call?.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    expect(route?.spanId).not.toBe(call?.spanId);
  });

  it("is the call alone where it was a copy for a candidate, and nothing where none was sent", () => {
    const copy = { ...decision, kind: "shadow", arm: "shadow@rol_1" } as const;
    const { spans } = spansOf(copy);
    expect(spans.map(({ name }) => name)).toEqual(["chat small-1"]);
    expect(spans[0]?.attributes).toMatchObject({ "signalbox.arm": "shadow@rol_1", "signalbox.router": "default" });
    expect(spansOf({ ...copy, attempts: 0, request_status: "censored" }).spans).toEqual([]);
  });

  it("is nothing of what an evaluation took", () => {
    expect(spansOf({ ...decision, kind: "trial", request_status: "routed" }).spans).toEqual([]);
  });

  it("says what was called, what it took and how it ended", () => {
    const [call, route] = spansOf(decision).spans;
    expect(call?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "echo",
      "gen_ai.request.model": "small-1",
      "gen_ai.request.stream": true,
      "gen_ai.conversation.id": "c",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.time_to_first_chunk": 0.028,
      "gen_ai.usage.input_tokens": 10n,
      "gen_ai.usage.cache_read.input_tokens": 4n,
      "gen_ai.usage.output_tokens": 5n,
      "gen_ai.usage.reasoning.output_tokens": 3n,
      "http.response.status_code": 200n,
      "signalbox.tenant.id": "ten_a",
      "signalbox.decision.id": ID,
      "signalbox.request.id": "req_x",
      "signalbox.key.id": "key_x",
      "signalbox.status": "completed",
      "signalbox.model": "small",
      "signalbox.model.requested": "auto",
      "signalbox.attempts": 1n,
      "signalbox.usage.estimated": false,
      "signalbox.usage.cost_usd": 0.001,
    });
    expect(route?.attributes).toMatchObject({
      "signalbox.router": "default",
      "signalbox.router.version": 1n,
      "signalbox.policy": "code",
      "signalbox.confidence": 0.9,
      "signalbox.arm": "candidate@rol_1",
      "signalbox.routing.input_tokens": 900n,
      "signalbox.routing.cost_usd": 0.00002,
    });
  });

  it.each([
    ["failed", { request_status: "failed", error_code: "provider_error", http_status: 502 }, "provider_error"],
    ["broke off", { request_status: "interrupted", error_code: null }, "_OTHER"],
  ] as const)("that %s is an error of its kind", (_how, fields, type) => {
    const [call] = spansOf({ ...decision, ...fields }).spans;
    expect(call).toMatchObject({ status: 2, attributes: { "error.type": type } });
  });

  it("without a router, a model or an answer has the spans that are left", () => {
    const explicit = { ...decision, router: null, source: "explicit" };
    const routed = { ...decision, kind: "route" as const };
    const refused = { ...decision, provider: null, upstream_model: null, request_status: "refused" as const };
    const names = spansOf(explicit, routed, refused).spans.map(({ name, parentSpanId }) => [name, parentSpanId !== ""]);
    expect(names).toEqual([
      ["chat small-1", false],
      ["route default", false],
      ["chat", false],
      ["route default", true],
    ]);
  });

  it("is told the same each time, so that what comes twice can be known", () => {
    expect(traceRequest(decisionSpans(decision))).toEqual(traceRequest(decisionSpans(decision)));
  });
});

describe("feedback, as the official protobufs read it", () => {
  it("is the event of an evaluation about the request's span", () => {
    const [call] = spansOf(decision).spans;
    const { events } = decodeLogs(logsRequest([feedbackEvent(feedback)]));
    expect(events).toEqual([
      {
        name: "gen_ai.evaluation.result",
        traceId: call?.traceId,
        spanId: call?.spanId,
        time: BigInt(Date.parse(feedback.given_at)) * 1_000_000n,
        attributes: {
          "gen_ai.evaluation.name": "helpful",
          "gen_ai.evaluation.score.value": 1,
          "signalbox.tenant.id": "ten_a",
          "signalbox.decision.id": ID,
          "signalbox.feedback.id": "fbk_1",
          "signalbox.feedback.source": "inference",
          "signalbox.router": "default",
          "signalbox.policy": "code",
          "signalbox.model": "small",
        },
      },
    ]);
  });
});

it("every name that is not our own is one of the semantic conventions", () => {
  const failed = { ...decision, request_status: "failed" as const, error_code: null };
  const spans = [decision, failed].flatMap(decisionSpans);
  const event = feedbackEvent(feedback);
  const names = [...spans, event].flatMap(({ attributes }) => Object.keys(attributes));
  const foreign = [...new Set(names)].filter((name) => !name.startsWith("signalbox."));
  expect(foreign.length).toBeGreaterThan(14);
  expect([...foreign, event.name].filter((name) => !NAMES.has(name))).toEqual([]);
});

it("reads answers of collectors, and nothing of what is no message", () => {
  const partial = Uint8Array.of(0x0a, 0x08, 0x08, 0xac, 0x02, 0x12, 0x03, 0x62, 0x61, 0x64);
  const inner = readFields(partial)?.get(1);
  expect(inner).toBeInstanceOf(Uint8Array);
  expect(readFields(inner as Uint8Array)?.get(1)).toBe(300);
  expect(readFields(new Uint8Array())?.size).toBe(0);
  for (const broken of [[0x0a, 0x09, 0x01], [0x08], [0xff], [0x09, 0x01, 0x02]]) {
    expect(readFields(Uint8Array.from(broken)), String(broken)).toBeNull();
  }
});
