import { expect, it } from "vitest";
import { mintTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const POLICIES = [
  { name: "translate", description: "Translate text into another language" },
  { name: "translation", description: "Rendering text in a different language" },
  { name: "billing", description: "Questions about invoices and charges" },
];

it("finds in a draft what the engine cannot tell apart and what publishing refuses, for its tenant alone", async () => {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  await tenant.model({ slug: "small", provider: "echo" });
  const created = await tenant.api("/routers", { body: { slug: "assistant" } });
  const target = { model: "small" };
  const targets = Object.fromEntries(POLICIES.map(({ name }) => [name, target]));
  const edited = await tenant.api("/routers/assistant/draft", {
    method: "PUT",
    body: { policies: POLICIES, targets, fallback: { model: "absent" } },
    headers: { "if-match": created.headers.get("etag") ?? "" },
  });
  expect(edited.status).toBe(200);
  const { status, body } = await tenant.api("/routers/assistant/lint");
  expect(status).toBe(200);
  const findings = body.findings as { severity: string; code: string; pointer: string; message: string }[];
  expect(findings.map(({ severity, code, pointer }) => [severity, code, pointer])).toEqual([
    ["error", "unknown_model", "/fallback/model"],
    ["warning", "near_duplicate", "/policies/1"],
  ]);
  expect(findings[1]?.message).toContain("translate: Translate text into another language");

  const refused = await tenant.api("/routers/assistant/publish", { body: {} });
  expectProblem(refused, 422, "validation_failed");
  expect(pointers(refused)).toEqual(["/fallback/model"]);

  const other = await mintTenant();
  expectProblem(await other.api("/routers/assistant/lint"), 404, "not_found");
});
