import { beforeAll, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { settledDecision } from "../stack/decision.ts";
import { stack } from "../stack/provided.ts";
import { signed } from "../stack/signed.ts";
import { TestTenant } from "../stack/tenant.ts";
import { curlRequest } from "./curl-request.ts";
import { shellWords } from "./shell-words.ts";

interface Described {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly "x-codeSamples"?: readonly { readonly source: string }[];
}

/** An answer to an example. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What the commands call `$URL`, `$ADMIN_KEY`, `$KEY_ID` and so on. */
const variables: Record<string, string> = {};
const operations = new Map<string, Described>();
const executed = new Set<string>();
let page = "";
let tenant: TestTenant;

beforeAll(async () => {
  variables["URL"] = stack().baseUrl;
  variables["OPERATOR_KEY"] = stack().operatorKey;
  page = (await (await fetch(`${stack().baseUrl}/docs`)).text()).replaceAll("&quot;", '"').replaceAll("&#39;", "'");
  const document = (await (await fetch(`${stack().baseUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Described>>;
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, described] of Object.entries(item))
      operations.set(`${method.toUpperCase()} ${path}`, described);
  }
});

const sourceOf = (operation: string, place = 0): string =>
  operations.get(operation)?.["x-codeSamples"]?.[place]?.source ?? "";

/** An example as the test names it: operations may have several. */
const exampleOf = (operation: string, place: number): string => `${operation} #${place}`;

/** Runs an example of an operation as it is documented, and holds its answer to the success that is documented. */
async function run(operation: string, place = 0): Promise<Answer> {
  const described = operations.get(operation);
  const source = sourceOf(operation, place);
  expect(source, `${operation} has an example`).not.toBe("");
  expect(page, `the page shows the example of ${operation}`).toContain(source);
  const { url, init } = curlRequest(shellWords(source, variables));
  const response = await fetch(url, init);
  const text = await response.text();
  const successes = Object.keys(described?.responses ?? {}).filter((status) => status.startsWith("2"));
  expect(successes, `${operation} answered ${response.status}: ${text.slice(0, 500)}`).toContain(
    String(response.status),
  );
  executed.add(exampleOf(operation, place));
  return { status: response.status, headers: response.headers, text };
}

const idIn = ({ text }: Answer): string => (JSON.parse(text) as { id: string }).id;

/** Runs examples one after the other. */
async function runAll(...list: readonly string[]): Promise<void> {
  for (const operation of list) await run(operation);
}

/** Publishes a version that records. */
async function startRecording(): Promise<void> {
  const { body } = await tenant.api("/routers/default/draft");
  const document = body as RouterDocumentInput;
  await tenant.publish("default", { ...document, settings: { ...document.settings, record_prompts: true } });
}

it("every example of the reference works, one after the other", async () => {
  await runAll("GET /healthz", "GET /readyz", "GET /docs", "GET /openapi.json");
  const created = JSON.parse((await run("POST /api/v1/tenants")).text) as { id: string; admin_key: { token: string } };
  variables["TENANT_ID"] = created.id;
  variables["ADMIN_KEY"] = created.admin_key.token;
  tenant = new TestTenant(created.id, created.admin_key.token);
  await runAll("GET /api/v1/tenants", "GET /api/v1/tenants/{id}");

  await runAll("POST /api/v1/providers", "GET /api/v1/providers", "GET /api/v1/providers/{slug}");
  await run("PATCH /api/v1/providers/{slug}");
  // From here on nothing may leave this machine: the built-in echo stands in for the provider.
  const echo = await tenant.api("/providers/openai", { method: "PATCH", body: { kind: "echo", base_url: null } });
  expect(echo.status, JSON.stringify(echo.body)).toBe(200);
  await tenant.model({ slug: "gpt-5", provider: "openai" });
  await runAll("POST /api/v1/models", "GET /api/v1/models", "GET /api/v1/models/{slug}");
  await runAll("PATCH /api/v1/models/{slug}", "POST /api/v1/providers/{slug}/test");

  const key = await run("POST /api/v1/keys");
  variables["KEY_ID"] = idIn(key);
  variables["TENANT_KEY"] = (JSON.parse(key.text) as { token: string }).token;
  await runAll("GET /api/v1/keys", "GET /api/v1/keys/{id}", "PATCH /api/v1/keys/{id}");

  await runAll("POST /api/v1/routers", "GET /api/v1/routers", "GET /api/v1/routers/{slug}");
  await runAll("PUT /api/v1/routers/{slug}/draft", "GET /api/v1/routers/{slug}/draft");
  await runAll("GET /api/v1/routers/{slug}/lint", "POST /api/v1/routers/{slug}/publish");
  await runAll("GET /api/v1/routers/{slug}/draft/policies", "GET /api/v1/routers/{slug}/draft/policies/{name}");
  await run("PUT /api/v1/routers/{slug}/draft/policies/{name}");
  await run("DELETE /api/v1/routers/{slug}/draft/policies/{name}");
  await run("POST /api/v1/routers/{slug}/draft/policies");
  await run("POST /api/v1/routers/{slug}/draft/policies:reorder");
  variables["GOLDEN_CASE_ID"] = idIn(await run("POST /api/v1/routers/{slug}/golden-cases"));
  const goldenCase = "/api/v1/routers/{slug}/golden-cases/{golden_case}";
  await runAll("GET /api/v1/routers/{slug}/golden-cases", `GET ${goldenCase}`, `PUT ${goldenCase}`);
  await runAll("POST /api/v1/routers/{slug}/golden-cases/import", `DELETE ${goldenCase}`);
  const lines = (expected: string): string =>
    `${JSON.stringify({ messages: [{ role: "user", content: "Is clause 7 risky?" }], expected: [expected] })}\n`;
  await tenant.api("/routers/default/golden-cases/import", {
    body: lines("legal").repeat(15) + lines("other").repeat(5),
    headers: { "content-type": "application/jsonl" },
  });
  await run("POST /api/v1/routers/{slug}/tune");
  variables["EVALUATION_ID"] = idIn(await run("POST /api/v1/routers/{slug}/evaluations"));
  const evaluation = "/api/v1/routers/{slug}/evaluations/{evaluation}";
  await runAll("GET /api/v1/routers/{slug}/evaluations", `GET ${evaluation}`, `POST ${evaluation}/cancel`);
  await runAll("POST /api/v1/routers/{slug}/dry-run", "GET /api/v1/routers/{slug}/versions");
  await run("GET /api/v1/routers/{slug}/versions/{version}");
  await run("GET /api/v1/routers/{slug}/versions/{a}/diff/{b}");
  await runAll("POST /api/v1/routers/{slug}/rollback", "GET /api/v1/routers/{slug}/document");
  await run("PUT /api/v1/routers/{slug}/document");

  await startRecording();
  await runAll("GET /v1/models", "GET /v1/models/{id}", "POST /v1/route");
  const answered = await run("POST /v1/chat/completions");
  variables["DECISION_ID"] = answered.headers.get("x-signalbox-decision") ?? "";
  await settledDecision(tenant, variables["DECISION_ID"]);
  const recording = "/api/v1/routers/{slug}/recordings/{decision}";
  await expect.poll(async () => (await tenant.api("/routers/default/recordings")).body.data.length).toBe(2);
  await runAll("GET /api/v1/routers/{slug}/recordings", `GET ${recording}`);
  variables["FEEDBACK_ID"] = idIn(await run("POST /v1/feedback"));
  await runAll("GET /api/v1/feedback", "GET /api/v1/feedback/{id}");
  variables["SOURCE_ID"] = idIn(await run("POST /api/v1/feedback-sources"));
  await runAll("GET /api/v1/feedback-sources", "GET /api/v1/feedback-sources/{id}");
  const rotated = JSON.parse((await run("POST /api/v1/feedback-sources/{id}/rotate")).text) as { secret: string };
  const message = "POST /webhooks/feedback/{id}";
  const unsigned = { ...variables, WEBHOOK_ID: "", WEBHOOK_TIMESTAMP: "", WEBHOOK_SIGNATURE: "" };
  const { init } = curlRequest(shellWords(sourceOf(message), unsigned));
  for (const [name, value] of Object.entries(signed(rotated.secret, init.body as string))) {
    variables[name.toUpperCase().replaceAll("-", "_")] = value;
  }
  const told = JSON.parse((await run(message)).text) as object;
  expect(told).toEqual({ recorded: 2, repeated: 0, refused: [] });
  await run("DELETE /api/v1/feedback-sources/{id}");
  await runAll(`POST ${recording}/golden-case`, "GET /api/v1/routers/{slug}/data-set");
  await runAll(`DELETE ${recording}`, "DELETE /api/v1/routers/{slug}/recordings");
  await runAll("GET /api/v1/decisions", "GET /api/v1/decisions/{id}", "GET /api/v1/usage", "GET /api/v1/audit-log");

  variables["ROLLOUT_ID"] = idIn(await run("POST /api/v1/rollouts"));
  await runAll("GET /api/v1/rollouts", "GET /api/v1/rollouts/{id}", "PATCH /api/v1/rollouts/{id}");
  await runAll("GET /api/v1/rollouts/{id}/comparison", "GET /api/v1/rollouts/{id}/report");
  await runAll("POST /api/v1/rollouts/{id}/pause", "POST /api/v1/rollouts/{id}/resume");
  await run("POST /api/v1/rollouts/{id}/promote");
  variables["ROLLOUT_ID"] = idIn(await run("POST /api/v1/rollouts"));
  await run("POST /api/v1/rollouts/{id}/abort");
  variables["ROLLOUT_ID"] = idIn(await run("POST /api/v1/rollouts", 1));
  await runAll("GET /api/v1/rollouts/{id}/comparison", "GET /api/v1/rollouts/{id}/report");
  await run("POST /api/v1/rollouts/{id}/promote");

  await runAll("DELETE /api/v1/routers/{slug}", "POST /api/v1/routers", "PATCH /api/v1/routers/{slug}");
  await run("DELETE /api/v1/models/{slug}");
  expect((await tenant.api("/models/gpt-5", { method: "DELETE" })).status).toBe(204);
  await run("DELETE /api/v1/providers/{slug}");
  await runAll("POST /api/v1/keys/{id}/rotate", "POST /api/v1/keys/{id}/revoke");
  await runAll("PATCH /api/v1/tenants/{id}");
  await runAll("POST /api/v1/tenants/{id}/suspend", "POST /api/v1/tenants/{id}/resume", "DELETE /api/v1/tenants/{id}");

  // An operation that is new needs an example, and a place above.
  const examples = [...operations].flatMap(([operation, { "x-codeSamples": samples = [] }]) =>
    (samples.length === 0 ? [""] : samples).map((_sample, place) => exampleOf(operation, place)),
  );
  expect(examples.filter((example) => !executed.has(example))).toEqual([]);
});
