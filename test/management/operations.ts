import { call, mintTenant, type Call, type TestTenant } from "../stack/tenant.ts";
import { apiDocument, type DescribedOperation } from "./api-document.ts";
import { append, receipt } from "./receipt.ts";
import { recordAll } from "./record.ts";

/** An operation of the API, as its own description lists it. */
export interface Operation {
  readonly method: string;
  /** With `{parameters}`, from the root. */
  readonly path: string;
  /** A scope of tenant keys, or `operator`; `none` where no key is asked for. */
  readonly scope: string;
  /** The example of its body, text where it is not JSON; undefined when it takes none. */
  readonly example: unknown;
  /** The type of its body: JSON where it takes that. */
  readonly type: string;
  /** Whether it is a write that must name the version it replaces. */
  readonly versioned: boolean;
  readonly described: DescribedOperation;
}

/** What addresses the objects of one tenant, by resource; a resource whose paths take no parameters has an empty one. */
export type Fixtures = Readonly<Record<string, Readonly<Record<string, string>>>>;

const JSON_TYPE = "application/json";

/** Every operation that the API's document describes. */
export async function servedOperations(): Promise<Operation[]> {
  const { paths } = await apiDocument();
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => {
      const content = described.requestBody?.content ?? {};
      const type = JSON_TYPE in content ? JSON_TYPE : (Object.keys(content)[0] ?? JSON_TYPE);
      return {
        method: method.toUpperCase(),
        path,
        scope: described["x-required-scope"] ?? (described.security?.length === 0 ? "none" : "inference"),
        example: content[type]?.example ?? Object.values(content[type]?.examples ?? {})[0]?.value,
        type,
        versioned: described.parameters?.some(({ name }) => name === "if-match") ?? false,
        described,
      };
    }),
  );
}

/** Every described operation under `/api/v1`. */
export async function managementOperations(): Promise<Operation[]> {
  return (await servedOperations()).filter(({ path }) => path.startsWith("/api/v1/"));
}

/** Fills a path's parameters from `fixtures`; throws for a resource or a parameter that no fixture is known for. */
export function pathOf({ method, path }: Pick<Operation, "method" | "path">, fixtures: Fixtures): string {
  const resource = path.replace(/^\/(api\/)?v1\//, (prefix) => (prefix === "/api/v1/" ? "" : "v1/"));
  const [name = ""] = /^(v1\/)?[^/]*/.exec(resource) ?? [];
  const fixture = fixtures[name];
  if (fixture === undefined) throw new Error(`no fixture for ${name} of ${method} ${path}`);
  return path.replaceAll(/\{(\w+)\}/g, (_match, parameter: string) => {
    const value = fixture[parameter];
    if (value === undefined) throw new Error(`no fixture for {${parameter}} of ${method} ${path}`);
    return encodeURIComponent(value);
  });
}

/** The request that an operation's example makes. */
export const requestOf = ({ method, example, type, versioned }: Operation): Call => ({
  method,
  ...(example === undefined ? {} : { body: example }),
  headers: {
    ...(example !== undefined && { "content-type": type }),
    ...(versioned && { "if-match": "*" }),
  },
});

/** An operation's example, naming the objects of a tenant wherever it names one that exists already. */
export function requestNaming(operation: Operation, fixtures: Fixtures): Call {
  const named: Record<string, unknown> = {
    provider: fixtures["providers"]?.["slug"],
    model: fixtures["models"]?.["slug"],
    fallbacks: [fixtures["models"]?.["slug"]],
    router: fixtures["routers"]?.["slug"],
    policy: fixtures["rollouts"]?.["policy"],
    decision: fixtures["decisions"]?.["id"],
    order: [fixtures["rollouts"]?.["policy"], fixtures["routers"]?.["name"]],
  };
  const request = requestOf(operation);
  if (request.body === undefined) return request;
  const text = JSON.stringify(request.body, (key, value: unknown) => named[key] ?? value);
  return { ...request, body: JSON.parse(text) as unknown };
}

/**
 * A tenant with one of everything, named after `word`, and the parameters that address each. What is addressed can
 * also be deleted: other objects are those that are in use.
 */
export async function tenantWithEverything(word = "own"): Promise<{ tenant: TestTenant; fixtures: Fixtures }> {
  const tenant = await mintTenant(`${word} tenant`);
  const provider = `${word}-provider`;
  const spare = { provider: `${word}-spare-provider`, model: `${word}/spare`, policy: `${word} spare` };
  const model = `${word}/model`;
  const router = `${word}-router`;
  const policy = `${word} policy`;
  await tenant.provider({ slug: provider });
  await tenant.model({ slug: model, provider });
  await tenant.provider({ slug: spare.provider });
  await tenant.model({ slug: spare.model, provider: spare.provider });
  await tenant.publish(router, {
    policies: [
      { name: policy, description: `Known to its owner alone, ${word}` },
      { name: spare.policy, description: `Known to nobody else, ${word}` },
    ],
    targets: {},
    fallback: { model },
    settings: { record_prompts: true },
  });
  const split = { router, policy, candidate: { model }, percent: 5 };
  const rollout = await tenant.api("/rollouts", { body: split });
  const golden = { messages: [{ role: "user", content: `Known to its owner alone, ${word}` }], expected: [policy] };
  const goldenCase = await tenant.api(`/routers/${router}/golden-cases`, { body: golden });
  await tenant.api(`/routers/${router}/golden-cases`, { body: golden });
  // Enough to tune on, and sure to: of most, no policy that there is is the right one.
  const lines = Array.from({ length: 20 }, (_, place) =>
    JSON.stringify({ ...golden, expected: [place % 3 === 0 ? "other" : `${word} retired`] }),
  );
  await tenant.api(`/routers/${router}/golden-cases/import`, {
    body: lines.join("\n"),
    headers: { "content-type": "application/jsonl" },
  });
  // A router has one evaluation at a time.
  const cancelled = await tenant.api(`/routers/${router}/evaluations`, { body: {} });
  await tenant.api(`/routers/${router}/evaluations/${String(cancelled.body.id)}/cancel`, { method: "POST" });
  const evaluation = await tenant.api(`/routers/${router}/evaluations`, { body: {} });
  const key = await tenant.api("/keys", {
    body: { name: `${word} key`, scopes: ["inference"] },
    headers: { "idempotency-key": word },
  });
  const decision = receipt(tenant.id, Date.now() - 3_600_000, { policy });
  await append([decision]);
  const said = [{ role: "user", content: `Known to its owner alone, ${word}` }];
  const older = receipt(tenant.id, Date.now() - 3_700_000, { policy });
  await recordAll(tenant, router, [older, decision], { messages: said, answer: `Told to ${word}` });
  const given: string[] = [];
  for (const metric of ["overall", "tone"]) {
    const words = { decision: decision.id, score: 1, metric, comment: `Known to its owner alone, ${word}` };
    const told = await call("/v1/feedback", tenant.adminKey, { body: { ...words, event_id: `${word}-${metric}` } });
    given.push(told.body.id as string);
  }
  const source = await tenant.api("/feedback-sources", { body: { name: `${word} platform` } });
  await tenant.api("/feedback-sources", { body: { name: `${word} second platform` } });
  return {
    tenant,
    fixtures: {
      tenants: { id: tenant.id },
      keys: { id: key.body.id as string },
      providers: { slug: spare.provider },
      models: { slug: spare.model },
      routers: {
        slug: router,
        version: "1",
        name: policy,
        a: "1",
        b: "draft",
        golden_case: goldenCase.body.id as string,
        evaluation: evaluation.body.id as string,
        decision: decision.id,
      },
      rollouts: { id: rollout.body.id as string, policy: spare.policy },
      decisions: { id: decision.id },
      feedback: { id: given[0] ?? "" },
      "feedback-sources": { id: source.body.id as string },
      usage: {},
      "audit-log": {},
      "v1/chat": {},
      "v1/models": { id: spare.model },
      "v1/route": {},
      "v1/feedback": {},
    },
  };
}
