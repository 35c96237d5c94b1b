import { expect, it } from "vitest";
import type { FindingView } from "../../edge/management/finding.schema.ts";
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
  const findings = body.findings as FindingView[];
  expect(findings.map(({ severity, code, pointer }) => [severity, code, pointer])).toEqual([
    ["error", "unknown_model", "/fallback/model"],
    ["warning", "near_duplicate", "/policies/1"],
  ]);
  expect(findings[1]?.message).toContain("translate: Translate text into another language");

  const refused = await tenant.api("/routers/assistant/publish", { body: {} });
  expectProblem(refused, 422, "validation_failed");
  expect(pointers(refused)).toEqual(["/fallback/model"]);
  expect(refused.body.findings).toEqual(findings.filter(({ severity }) => severity === "error"));

  const other = await mintTenant();
  expectProblem(await other.api("/routers/assistant/lint"), 404, "not_found");
});

it("publishes what has warnings alone, and refuses to roll back to what has errors by now, with the lint's findings", async () => {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  for (const slug of ["old", "new"]) await tenant.model({ slug, provider: "echo" });
  const policies = [{ name: "billing", description: "invoices" }];
  await tenant.publish("assistant", { policies, targets: {}, fallback: { model: "old" } });
  const linted = await tenant.api("/routers/assistant/lint");
  expect((linted.body.findings as FindingView[]).map(({ severity, code }) => [severity, code])).toEqual([
    ["warning", "one_word_description"],
    ["warning", "policy_without_target"],
  ]);
  await tenant.publish("assistant", { policies, targets: {}, fallback: { model: "new" } });
  expect((await tenant.api("/models/old", { method: "DELETE", headers: { "if-match": "*" } })).status).toBe(204);
  const refused = await tenant.api("/routers/assistant/rollback", { body: { to: 1 } });
  expectProblem(refused, 422, "validation_failed");
  expect(refused.body.findings).toEqual([
    {
      severity: "error",
      code: "unknown_model",
      pointer: "/fallback/model",
      message: "there is no model old",
      hint: "Create the model, or name one that exists.",
    },
  ]);
});
