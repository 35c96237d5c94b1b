import { afterAll, beforeAll, expect } from "vitest";
import { stack } from "../stack/provided.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { StandIn } from "../upstreams/stand-in.ts";

/** A tenant with two models of a stand-in provider, `main` and `spare`, and a router that falls back from one to the other. */
export interface Scene {
  readonly tenant: TestTenant;
  readonly key: string;
  readonly upstream: StandIn;
}

/** Sets a scene up for the tests of a file; read it inside a test. */
export function useScene(): () => Scene {
  let scene: Scene | null = null;
  beforeAll(async () => {
    const upstream = await StandIn.start();
    const tenant = await mintTenant();
    await tenant.provider({
      slug: "acme",
      kind: "openai-compatible",
      base_url: upstream.baseUrl,
      credential: "sk-acme",
    });
    await tenant.model({ slug: "main", provider: "acme", upstream_model: "acme-main", prices: PRICES });
    await tenant.model({ slug: "spare", provider: "acme", upstream_model: "acme-spare" });
    await tenant.model({ slug: "seeing", provider: "acme", upstream_model: "auto", modalities: ["text", "image"] });
    await tenant.model({ slug: "vendor/family:tag", provider: "acme" });
    const timeouts = { first_byte_ms: 300, idle_ms: 300 };
    await tenant.model({ slug: "hasty", provider: "acme", upstream_model: "acme-hasty", timeouts });
    // Whatever is decided, `main` serves and `spare` stands by.
    const target = { model: "main", fallbacks: ["spare"] };
    const policies = [{ name: "small talk", description: "Greetings and chat without a task" }];
    // A deadline that a busy machine keeps.
    const settings = { deadline_ms: 10_000 };
    await tenant.publish("default", { policies, targets: { "small talk": target }, fallback: target, settings });
    scene = { tenant, upstream, key: await tenant.key() };
  });
  afterAll(() => scene?.upstream.stop());
  return () => {
    if (scene === null) throw new Error("the scene is not set");
    return scene;
  };
}

export const PRICES = { input_per_million: 1, cached_input_per_million: 0.5, output_per_million: 2 };

export const MESSAGES = [{ role: "user", content: "hello" }];

/** Sends a chat request and gives the answer unread, so that a test can read it in pieces. */
export function chat(
  key: string,
  body: unknown,
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
) {
  return fetch(`${stack().baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
}

/** The receipt of an answer as it is stored, once it has arrived. */
export async function receiptOf(tenant: TestTenant, answer: Response | string): Promise<Record<string, unknown>> {
  const id = typeof answer === "string" ? answer : (answer.headers.get("x-signalbox-decision") ?? "none");
  await expect
    .poll(async () => (await tenant.api(`/decisions/${id}`)).status, { timeout: 15_000, interval: 100 })
    .toBe(200);
  return (await tenant.api(`/decisions/${id}`)).body as Record<string, unknown>;
}
