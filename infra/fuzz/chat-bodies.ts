import assert from "node:assert/strict";
import fc from "fast-check";
// First, as in the worker: it is what teaches zod's schemas to describe themselves, and only those made afterwards know.
import { AppUnderFuzz, TOKEN, type Answered, type Behind } from "./app-under-fuzz.ts";
import { ERRORS } from "../../edge/errors.ts";
import { decisionRecordSchema } from "../../edge/usage/decision-record.ts";
import { message } from "./conversation.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyJson, anyName, anyText, damaged, looseRecord, orAnyJson } from "./hostile.ts";
import { streamBytes } from "./sse.ts";

const chat = looseRecord(
  {
    model: fc.constantFrom("auto", "router/default", "echo-a", "open-a", "small", "lost", "none", "router/none"),
    messages: fc.oneof(
      fc.array(fc.record({ role: fc.constant("user"), content: anyText }), { minLength: 1, maxLength: 2 }),
      fc.array(message, { maxLength: 4 }),
    ),
    stream: fc.boolean(),
    stream_options: looseRecord({ include_usage: fc.boolean() }),
    n: fc.integer({ min: 1, max: 3 }),
    max_tokens: fc.nat({ max: 100 }),
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
    tools: fc.array(looseRecord({ type: fc.constant("function"), function: looseRecord({ name: anyName }) }), {
      maxLength: 2,
    }),
    tool_choice: fc.oneof(fc.constantFrom("auto", "none", "required"), looseRecord({ type: fc.constant("function") })),
    response_format: looseRecord({
      type: fc.constantFrom("json_schema", "json_object", "text"),
      json_schema: looseRecord({ name: anyName, schema: anyJson }),
    }),
    user: anyText,
  },
  ["model", "messages"],
);

const body: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  { weight: 8, arbitrary: chat.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: damaged(chat.map((value) => JSON.stringify(value))) },
  { weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map((depth) => `{"model":"echo-a","x":${"[".repeat(depth)}`) },
);

/** Of characters that may stand in a header at all; others never reach the worker. */
const headerValue = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 30 }),
  fc.constantFrom("off", "a".repeat(200), "0".repeat(24), "a,b,,c", "\u00e9"),
);
const clean = (value: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: headerValue });
const headers = fc.record(
  {
    "content-type": clean("application/json"),
    "x-request-id": clean("r-1"),
    "x-signalbox-conversation": clean("c-1"),
    "x-signalbox-fallback": fc.oneof(fc.constant("on"), headerValue),
    "x-signalbox-hop": headerValue,
    traceparent: headerValue,
    "idempotency-key": headerValue,
  },
  { requiredKeys: [] },
);

const completion = looseRecord({
  id: anyName,
  choices: fc.array(
    looseRecord({ index: fc.nat(), finish_reason: anyName, message: looseRecord({ content: anyText }) }),
  ),
  usage: looseRecord({ prompt_tokens: fc.integer(), completion_tokens: fc.double(), total_tokens: fc.integer() }),
  error: orAnyJson(fc.constant(null)),
});

const provider = fc
  .record({
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant(200) },
      fc.constantFrom(201, 302, 400, 401, 404, 422, 429, 500, 503),
    ),
    type: fc.constantFrom("application/json", "text/event-stream", "text/event-stream; charset=utf-8", "text/html"),
    retry: fc.constantFrom("true", "false"),
    after: headerValue,
    bytes: fc.oneof(
      completion.map((value) => new TextEncoder().encode(JSON.stringify(value))),
      fc
        .array(completion, { maxLength: 3 })
        .map((all) => new TextEncoder().encode(all.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(""))),
      streamBytes,
    ),
  })
  .map(({ status, type, retry, after, bytes }) => () => {
    const answer = { "content-type": type, "x-should-retry": retry, "retry-after": after, "openai-version": after };
    return new Response(bytes.slice(), { status, headers: answer });
  });

const score = looseRecord({ policy: fc.constantFrom("code", "law", null), probability: fc.constantFrom(0, 0.5, 1) });
const inference = fc
  .tuple(
    fc.oneof({ weight: 6, arbitrary: fc.constant(200) }, fc.constantFrom(400, 413, 429, 500, 504)),
    fc.oneof(
      fc.constantFrom("code", "law", null).map((policy) => ({
        scores: [{ policy, probability: 1 }],
        engine: "made-up@1",
        escalated: false,
        timings: {},
      })),
      looseRecord({ scores: fc.array(score, { maxLength: 3 }), engine: anyName, escalated: fc.boolean() }),
    ),
  )
  .map(
    ([status, answer]) =>
      () =>
        new Response(JSON.stringify(answer), { status }),
  );

const behind: fc.Arbitrary<Behind> = fc.record({ inference, provider });

/** Statuses that this service answers with, and those of the providers above that it passes on. */
const STATUSES = new Set<number>([200, 201, ...Object.values(ERRORS).map(({ status }) => status)]);

function check({ status, headers: answered, body: text, records, faults }: Answered): void {
  assert.notEqual(status, 500, text);
  assert.deepEqual(faults, []);
  assert.ok(STATUSES.has(status), String(status));
  const decision = answered.get("x-signalbox-decision");
  assert.equal(records.length, decision === null ? 0 : 1, "one receipt, if a decision was made");
  for (const record of records) {
    assert.equal(record.id, decision);
    assert.deepEqual(decisionRecordSchema.parse(record), record);
    assert.equal(record.http_status, status);
  }
  if (decision === null) {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; param: string | null } };
    assert.ok(error.code in ERRORS && error.message.length > 0);
  }
}

const app = new AppUnderFuzz();
let callers = 0;

export const chatProperties: readonly FuzzProperty[] = [
  named(
    "chat completions: any body, headers and answers of servers give an answer or a refusal, with one receipt",
    fc.asyncProperty(body, headers, behind, async (content, given, servers) => {
      const sent = { "content-type": "application/json", ...given, authorization: `Bearer ${TOKEN}` };
      check(await app.send("/v1/chat/completions", { method: "POST", headers: sent, body: content }, servers));
    }),
  ),
  named(
    "route: any body gives a decision or a refusal",
    fc.asyncProperty(body, headers, behind, async (content, given, servers) => {
      const sent = { ...given, authorization: `Bearer ${TOKEN}` };
      check(await app.send("/v1/route", { method: "POST", headers: sent, body: content }, servers));
    }),
  ),
  named(
    "authorization: any header but the key's own is refused, in OpenAI's words",
    fc.asyncProperty(
      fc.oneof(
        headerValue,
        headerValue.map((value) => `Bearer ${value}`),
        damaged(fc.constant(`Bearer ${TOKEN}`)),
      ),
      behind,
      async (authorization, servers) => {
        if (!/^[\u0020-\u007e\u00a0-\u00ff]*$/.test(authorization) || authorization.trim() === `Bearer ${TOKEN}`)
          return;
        // Refusals are limited by address, so each case comes from one of its own.
        callers += 1;
        const from = { "cf-connecting-ip": `caller-${callers}` };
        const answer = await app.send("/v1/models", { headers: { ...from, authorization } }, servers);
        assert.equal(answer.status, 401, answer.body);
        assert.equal((JSON.parse(answer.body) as { error: { code: string } }).error.code, "invalid_api_key");
      },
    ),
  ),
];
