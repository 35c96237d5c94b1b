import { describe, expect, it } from "vitest";
import { ERRORS, ServiceError } from "../errors.ts";
import { newRouter } from "./new-router.ts";
import { onError } from "./on-error.ts";

async function answerTo(thrown: unknown, path: string): Promise<Response> {
  const router = newRouter();
  router.get(path, () => {
    throw thrown;
  });
  router.onError(onError);
  return router.request(path);
}

describe("what is thrown below a route", () => {
  it("answers a bug with a fixed sentence in both dialects and nothing of the error's own text", async () => {
    for (const path of ["/v1/x", "/api/v1/x"]) {
      const answer = await answerTo(new Error("select secret from keys where hash = 'abc'"), path);
      const text = await answer.text();
      expect(answer.status).toBe(500);
      expect(text).toContain("internal_error");
      expect(text).not.toContain("secret");
    }
  });

  it("answers infrastructure failures by their code, with retry-after", async () => {
    const failure = new ServiceError({ code: "tenant_config_unavailable", retryAfterSeconds: 1.2 });
    const answer = await answerTo(failure, "/v1/x");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
  });

  it("gives each code of the table one status", () => {
    for (const [code, row] of Object.entries(ERRORS)) {
      expect(row.status, code).toBeGreaterThanOrEqual(400);
      expect(row.message.endsWith("."), code).toBe(true);
    }
  });
});
