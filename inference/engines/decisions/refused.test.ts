import { expect, test } from "vitest";
import { refusedBy } from "./refused.ts";

const SECRET = "what the user said";
const error = (fields: object): string => JSON.stringify({ error: { message: SECRET, ...fields } });

test.each([
  ["a daily allocation that is used up", 429, '{"errors":[{"code":3036,"message":"x"}]}', "gone", "engine_unavailable"],
  ["no capacity for now", 429, '{"errors":[{"code":3040,"message":"x"}]}', "elsewhere", "overloaded"],
  ["a spent quota", 429, error({ code: "insufficient_quota" }), "gone", "engine_unavailable"],
  [
    "an allocation that is used up, told inside of a success",
    502,
    '{"success":false,"errors":[{"code":3036,"message":"x"}]}',
    "gone",
    "engine_unavailable",
  ],
  ["a limit that links to a page about billing", 429, error({ help: "/account/billing" }), "elsewhere", "overloaded"],
  [
    "a conversation that quotes such a code",
    429,
    error({ param: 'say "code": "insufficient_quota"' }),
    "elsewhere",
    "overloaded",
  ],
  ["a text that a gateway forbids", 403, error({ code: "blocked" }), "troubled", "engine_unavailable"],
  ["no credit", 402, error({}), "gone", "engine_unavailable"],
  ["too many requests", 429, error({}), "elsewhere", "overloaded"],
  ["a full queue", 503, "busy", "elsewhere", "overloaded"],
  ["an overloaded service", 529, "", "elsewhere", "overloaded"],
  ["a wrong key", 401, '{"error":"Unauthorized"}', "gone", "engine_unavailable"],
  ["an unknown model", 404, '{"detail":"Not Found"}', "gone", "engine_unavailable"],
  ["a model that cannot decide", 501, error({ type: "NotImplementedError" }), "gone", "engine_unavailable"],
  ["too long a prompt", 400, error({ code: "context_length_exceeded" }), "done", "invalid_request"],
  [
    "too long a prompt in vLLM's words",
    400,
    '{"error":{"message":"maximum context length is 4096"}}',
    "done",
    "invalid_request",
  ],
  ["too large a body", 413, "", "done", "invalid_request"],
  ["too many options", 400, error({ message: "at most 26 options" }), "done", "engine_unavailable"],
  ["a bug over there", 500, "<html>", "troubled", "engine_unavailable"],
  ["a redirect", 307, "", "troubled", "engine_unavailable"],
])("%s", (_what, status, body, verdict, code) => {
  const attempt = refusedBy("jev", { status, body, retryAfterSeconds: 7 });
  expect(attempt).toMatchObject({ verdict, result: { ok: false, refusal: { code } } });
  expect(JSON.stringify(attempt)).not.toContain(SECRET);
  if (code === "overloaded") expect(attempt.result.refusal.retryAfterSeconds).toBe(7);
});
