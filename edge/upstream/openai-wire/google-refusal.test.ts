import { describe, expect, it } from "vitest";
import { GOOGLE } from "../../../test/upstreams/google-refusals.ts";
import { googleRefusal } from "./google-refusal.ts";

const read = async (body: string, status: number): Promise<{ status: number; body: unknown }> => {
  const answer = await googleRefusal(new Response(body, { status }));
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
};
const refusal = (message: string, code: string | null = null): object => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

describe("a refusal of Google's", () => {
  it.each([
    ["a bad key", GOOGLE.wrongKey],
    ["a key left out", GOOGLE.noKey],
    ["a bad key outside an array", GOOGLE.wrongKey.trim().slice(1, -1)],
  ])("of %s has the status of one", async (_, body) => {
    expect(await read(body, 400)).toEqual({ status: 401, body: null });
  });

  it("of the request has OpenAI's form and its own words", async () => {
    const message = 'Invalid JSON payload received. Unknown name "store".';
    expect(await read(GOOGLE.unknownField, 400)).toEqual({ status: 400, body: refusal(message) });
  });

  it("of a model says so, of anything else that is not there does not", async () => {
    const message = "models/up/m is not found for API version v1main.";
    expect(await read(GOOGLE.noModel, 404)).toEqual({ status: 404, body: refusal(message, "model_not_found") });
    const fixed = refusal("The provider refused the request.");
    for (const body of ["<h1>404</h1>", "", "[]", "[", '["error"]', '[{"error":"no"}]', "[1,2]"]) {
      expect(await read(body, 404)).toEqual({ status: 404, body: fixed });
    }
    expect(await read(`[{"error":{"message":"${"x".repeat(1024 * 1024)}"}}]`, 400)).toEqual({
      status: 400,
      body: fixed,
    });
  });

  it.each([200, 401, 403, 429, 500, 503])("with status %i speaks for itself and is left as it is", async (status) => {
    const answer = new Response("untouched", { status, headers: { "retry-after": "7" } });
    expect(await googleRefusal(answer)).toBe(answer);
    expect(await answer.text()).toBe("untouched");
  });
});
