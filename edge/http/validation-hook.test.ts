import { createRoute, z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { newRouter } from "./new-router.ts";
import { onError } from "./on-error.ts";
import { pointer } from "./validation-hook.ts";

const body = z.strictObject({
  messages: z.array(
    z.object({ role: z.string(), content: z.union([z.string(), z.array(z.object({ type: z.string() }))]) }),
  ),
});

function app(path: string): ReturnType<typeof newRouter> {
  const router = newRouter();
  const route = createRoute({
    method: "post",
    path,
    request: { body: { required: true, content: { "application/json": { schema: body } } } },
    responses: { 200: { description: "ok" } },
  });
  router.openapi(route, (c) => c.text("reached"));
  router.onError(onError);
  return router;
}

const post = (path: string, text: string): Promise<Response> =>
  Promise.resolve(
    app(path).request(path, { method: "POST", body: text, headers: { "content-type": "application/json" } }),
  );

describe("input that does not fit a route's schema", () => {
  it("names the first field at fault as OpenAI's API does", async () => {
    const answer = await post(
      "/v1/x",
      JSON.stringify({ messages: [{ role: "user", content: "hi" }, { content: "hi" }] }),
    );
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      type: "invalid_request_error",
      code: "invalid_request_error",
      param: "messages[1].role",
    });
  });

  it("descends into the union branch that got furthest", async () => {
    const messages = [{ role: "user", content: [{ type: "text" }, { type: 7 }] }];
    const answer = await post("/v1/x", JSON.stringify({ messages }));
    const { error } = (await answer.json()) as { error: { param: string } };
    expect(error.param).toBe("messages[0].content[1].type");
  });

  it("descends, of branches that got as far, into the one that has least against it", async () => {
    const choice = z.union([z.strictObject({ model: z.string() }), z.strictObject({ engine: z.string() })]);
    const router = newRouter();
    const content = { "application/json": { schema: z.object({ choice }) } };
    const responses = { 200: { description: "ok" } };
    const route = createRoute({
      method: "post",
      path: "/api/v1/x",
      request: { body: { required: true, content } },
      responses,
    });
    router.openapi(route, (c) => c.text("reached"));
    const headers = { "content-type": "application/json" };
    for (const [given, at] of [
      [{ engine: 5 }, ["/choice/engine"]],
      [{ model: 5 }, ["/choice/model"]],
    ] as const) {
      const answer = await router.request("/api/v1/x", {
        method: "POST",
        headers,
        body: JSON.stringify({ choice: given }),
      });
      const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
      expect(errors.map(({ pointer: found }) => found)).toEqual(at);
    }
  });

  it("lists every finding with a JSON pointer on the management surface, unknown fields by name", async () => {
    const answer = await post("/api/v1/x", JSON.stringify({ messages: [{ role: 1, content: "" }], "a/b": 1 }));
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({
      code: "validation_failed",
      errors: expect.arrayContaining([
        { pointer: "/messages/0/role", detail: expect.any(String) as string },
        { pointer: "/a~1b", detail: "unknown field" },
      ]) as unknown,
    });
  });

  it.each(["", "{", "nope", '{"a":'])("answers malformed JSON %j with 400, never with the handler", async (text) => {
    for (const path of ["/v1/x", "/api/v1/x"]) expect((await post(path, text)).status).toBe(400);
  });

  it("escapes pointers as RFC 6901 says", () => {
    expect(pointer(["a/b", "c~d", 0])).toBe("/a~1b/c~0d/0");
  });
});
