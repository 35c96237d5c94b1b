import { beforeAll, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { settledDecision } from "../stack/decision.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";

const policies = [
  { name: "invoices", description: "Questions about invoices, payments and refunds" },
  { name: "parcels", description: "Where a parcel is and when it will arrive" },
];
const messages = [{ role: "user", content: "When does my parcel arrive?" }];

interface Side {
  readonly tenant: TestTenant;
  readonly key: string;
  readonly marker: string;
}

/** Two tenants with the same policies and slugs, so that only the tenant can keep them apart; names carry a marker. */
async function side(marker: string): Promise<Side> {
  const tenant = await mintTenant(`${marker} Ltd`);
  await tenant.provider({ slug: "echo" });
  await tenant.model({ slug: "shared-slug", provider: "echo", upstream_model: `upstream-${marker}` });
  await tenant.model({ slug: `only-${marker}`, provider: "echo" });
  const document: RouterDocumentInput = {
    policies,
    targets: { parcels: { model: `only-${marker}` } },
    fallback: { model: "shared-slug" },
    settings: { deadline_ms: 5_000 },
  };
  await tenant.publish("default", document);
  await tenant.publish(`router-${marker}`, document);
  return { tenant, key: await tenant.key(), marker };
}

const complete = (key: string, model: string): Promise<Answer> =>
  call("/v1/chat/completions", key, { body: { model, messages } });

describe("two tenants behind one worker", () => {
  let a: Side;
  let b: Side;

  beforeAll(async () => {
    [a, b] = await Promise.all([side("alpha"), side("beta")]);
  });

  it("serves the same slug by each tenant's own model", async () => {
    for (const { key, marker } of [a, b]) {
      const answer = await complete(key, "shared-slug");
      expect(answer.status).toBe(200);
      expect(answer.body.model).toBe(`upstream-${marker}`);
    }
  });

  it("lists to each its own models and routers and nothing of the other", async () => {
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const text = JSON.stringify((await call("/v1/models", own.key)).body);
      expect(text).toContain(`only-${own.marker}`);
      expect(text).toContain(`router/router-${own.marker}`);
      expect(text).not.toContain(other.marker);
    }
  });

  it.each(["only-beta", "router/router-beta"])("answers %s of the other as if it did not exist", async (model) => {
    const foreign = await complete(a.key, model);
    const missing = await complete(a.key, model.replace("beta", "gamma"));
    expect(foreign.status).toBe(404);
    expect(comparable(foreign)).toEqual(comparable(missing).replaceAll("gamma", "beta"));
    const listed = await call(`/v1/models/${encodeURIComponent(model)}`, a.key);
    expect(listed.status).toBe(404);
  });

  it("does not answer one tenant's turn from the other's memo", async () => {
    const asked = { model: "auto", messages: [{ role: "user", content: "Has my parcel left the depot in Olten?" }] };
    const first = await call("/v1/route", a.key, { body: asked });
    const again = await call("/v1/route", a.key, { body: asked });
    const foreign = await call("/v1/route", b.key, { body: asked });
    expect([first.body.source, again.body.source, foreign.body.source]).toEqual(["engine", "memo", "engine"]);
    expect(first.body.model).toBe("only-alpha");
    expect(foreign.body.model).toBe("only-beta");
  });

  it("keeps receipts apart, by list and by id", async () => {
    const answer = await complete(a.key, "auto");
    const id = answer.headers.get("x-signalbox-decision") ?? "";
    const receipt = await settledDecision(a.tenant, id);
    expect(receipt).toMatchObject({ id, model: "only-alpha", router: "default" });

    const foreign = await b.tenant.api(`/decisions/${id}`);
    const missing = await b.tenant.api(`/decisions/${id.slice(0, -4)}0000`);
    expect(foreign.status).toBe(404);
    expect(foreign.body.code).toBe(missing.body.code);
    const listed = await b.tenant.api("/decisions?limit=100");
    expect(JSON.stringify(listed.body)).not.toContain(id);
    expect(JSON.stringify(listed.body)).not.toContain("alpha");
  });

  it("does not let one tenant manage what is the other's", async () => {
    const paths = ["/routers/router-beta", "/routers/router-beta/draft", "/models/only-beta"];
    for (const path of paths) expect((await a.tenant.api(path)).status, path).toBe(404);
    const keys = await b.tenant.api("/keys");
    const foreignKey = keys.body.data[0].id as string;
    expect((await a.tenant.api(`/keys/${foreignKey}`)).status).toBe(404);
    expect((await a.tenant.api(`/keys/${foreignKey}/revoke`, { method: "POST", body: {} })).status).toBe(404);
    expect((await complete(b.key, "shared-slug")).status).toBe(200);
  });

  it("keeps tenant keys from the operator's routes and the operator's key from tenants'", async () => {
    expect((await call("/api/v1/tenants", a.tenant.adminKey)).status).toBe(401);
    const { operatorKey } = await import("../stack/provided.ts").then(({ stack }) => stack());
    for (const path of ["/api/v1/keys", "/api/v1/decisions", "/v1/models"]) {
      expect((await call(path, operatorKey)).status, path).toBe(401);
    }
  });
});

/** What a caller can tell from a refusal, but for the id of the request. */
const comparable = ({ status, body }: Answer): string => JSON.stringify({ status, ...body.error, request_id: null });
