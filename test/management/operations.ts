import { stack } from "../stack/provided.ts";
import { mintTenant, type Call, type TestTenant } from "../stack/tenant.ts";
import { append, receipt } from "./receipt.ts";

/** An operation of the management surface, as the API's own description lists it. */
export interface Operation {
  readonly method: string;
  /** With `{parameters}`, from the root. */
  readonly path: string;
  /** A scope of tenant keys, or `operator`. */
  readonly scope: string;
  /** The example of its body; undefined when it takes none. */
  readonly example: unknown;
  /** Whether it is a write that must name the version it replaces. */
  readonly versioned: boolean;
}

interface Described {
  readonly "x-required-scope"?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
}

/** Every described operation under `/api/v1`. */
export async function managementOperations(): Promise<Operation[]> {
  const response = await fetch(`${stack().baseUrl}/openapi.json`);
  const document = (await response.json()) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith("/api/v1/"))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, described]) => ({
        method: method.toUpperCase(),
        path,
        scope: described["x-required-scope"] ?? "none",
        example: described.requestBody?.content["application/json"]?.example,
        versioned: described.parameters?.some(({ name }) => name === "if-match") ?? false,
      })),
    );
}

/** Fills a path's parameters from the objects of `fixtures`; throws for a path that no fixture is known for. */
export function pathOf(operation: Operation, fixtures: Readonly<Record<string, Record<string, string>>>): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const [, , , resource = ""] = operation.path.split("/");
    const value = fixtures[resource]?.[name];
    if (value === undefined) throw new Error(`no fixture for {${name}} of ${operation.method} ${operation.path}`);
    return encodeURIComponent(value);
  });
}

/** The request that an operation's example makes. */
export const requestOf = ({ method, example, versioned }: Operation): Call => ({
  method,
  ...(example === undefined ? {} : { body: example }),
  ...(versioned ? { headers: { "if-match": "*" } } : {}),
});

/** A tenant with one of everything, and the parameters that address each. */
export async function tenantWithEverything(): Promise<{
  tenant: TestTenant;
  fixtures: Record<string, Record<string, string>>;
}> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "own-provider" });
  await tenant.model({ slug: "own/model", provider: "own-provider" });
  await tenant.publish("own-router", {
    policies: [{ name: "own policy", description: "Known to its owner alone" }],
    targets: {},
    fallback: { model: "own/model" },
  });
  const candidate = { model: "own/model" };
  const split = { router: "own-router", policy: "own policy", candidate, percent: 5 };
  const rollout = await tenant.api("/rollouts", { body: split });
  const golden = { messages: [{ role: "user", content: "Known to its owner alone" }], expected: ["own policy"] };
  const goldenCase = await tenant.api("/routers/own-router/golden-cases", { body: golden });
  const evaluation = await tenant.api("/routers/own-router/evaluations", { body: {} });
  const key = await tenant.api("/keys", { body: { name: "own key", scopes: ["inference"] } });
  const decision = receipt(tenant.id, Date.now() - 3_600_000, { policy: "own policy" });
  await append([decision]);
  return {
    tenant,
    fixtures: {
      tenants: { id: tenant.id },
      keys: { id: key.body.id as string },
      providers: { slug: "own-provider" },
      models: { slug: "own/model" },
      routers: {
        slug: "own-router",
        version: "1",
        name: "own policy",
        a: "1",
        b: "draft",
        golden_case: goldenCase.body.id as string,
        evaluation: evaluation.body.id as string,
      },
      rollouts: { id: rollout.body.id as string },
      decisions: { id: decision.id },
    },
  };
}
