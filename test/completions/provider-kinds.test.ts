import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { GOOGLE } from "../upstreams/google-refusals.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { StandIn } from "../upstreams/stand-in.ts";
import { chat, MESSAGES, receiptOf } from "./scene.ts";

const AZURE_KEY = "azure-key-0123456789";
const GOOGLE_KEY = "google-key-0123456789";

describe("a vendor's endpoint", () => {
  let azure: StandIn;
  let google: StandIn;
  let tenant: TestTenant;
  let key: string;

  beforeAll(async () => {
    [azure, google] = await Promise.all([StandIn.start(), StandIn.start()]);
    tenant = await mintTenant();
    const azureUrl = azure.baseUrl.replace("/v1", "/openai/v1");
    const googleUrl = google.baseUrl.replace("/v1", "/v1beta/openai");
    await tenant.provider({ slug: "azure", kind: "azure-openai", base_url: azureUrl, credential: AZURE_KEY });
    await tenant.provider({ slug: "google", kind: "google", base_url: googleUrl, credential: GOOGLE_KEY });
    await tenant.model({ slug: "deployed", provider: "azure", upstream_model: "my-deployment" });
    await tenant.model({ slug: "gemini", provider: "google", upstream_model: "gemini-x" });
    // Whatever is decided, one vendor serves and the other stands by.
    const target = { model: "deployed", fallbacks: ["gemini"] };
    const policies = [{ name: "small talk", description: "Greetings and chat without a task" }];
    const settings = { deadline_ms: 10_000 };
    await tenant.publish("default", { policies, targets: { "small talk": target }, fallback: target, settings });
    key = await tenant.key();
  });
  afterAll(() => Promise.all([azure.stop(), google.stop()]));

  it("of Azure gets the resource's key as api-key, whatever the client sends", async () => {
    azure.answer((call) => call.stream([STREAMS.text]));
    const headers = { "api-key": "of-the-client" };
    const answer = await chat(key, { model: "deployed", messages: MESSAGES, stream: true }, { headers });
    expect(await answer.text()).toBe(STREAMS.text);
    const [call, ...others] = azure.calls;
    expect(others).toEqual([]);
    expect(call?.path).toBe("/openai/v1/chat/completions");
    expect(call?.headers["api-key"]).toBe(AZURE_KEY);
    expect(call?.headers.authorization).toBeUndefined();
    expect(JSON.parse(call?.body ?? "")).toMatchObject({
      model: "my-deployment",
      stream_options: { include_usage: true },
    });
    expect(await receiptOf(tenant, answer)).toMatchObject({ status: "completed", model: "deployed" });
  });

  it("gets its own credential when it stands in for another vendor's", async () => {
    azure.answer((call) => call.respond(501, {}));
    google.answer((call) => call.json(ANSWER));
    const answer = await chat(key, { model: "auto", messages: MESSAGES });
    expect(await answer.text()).toBe(ANSWER);
    expect(answer.headers.get("x-signalbox-model")).toBe("gemini");
    expect(JSON.stringify(azure.calls[0]?.headers)).not.toContain(GOOGLE_KEY);
    const [call] = google.calls;
    expect(call?.path).toBe("/v1beta/openai/chat/completions");
    expect(call?.headers.authorization).toBe(`Bearer ${GOOGLE_KEY}`);
    expect(JSON.stringify(call?.headers)).not.toContain(AZURE_KEY);
  });

  it("of Google that refuses the key with 400 blames the tenant's credential, not the client", async () => {
    google.answer((call) => call.json(GOOGLE.wrongKey, 400));
    const answer = await chat(key, { model: "gemini", messages: MESSAGES });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: "provider_auth_failed" } });
    expect(google.calls).toHaveLength(1);
  });

  it("of Google that refuses the request is heard in OpenAI's form", async () => {
    google.answer((call) => call.json(GOOGLE.unknownField, 400));
    const answer = await chat(key, { model: "gemini", messages: MESSAGES, store: true });
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: object };
    expect(error).toEqual({
      message: 'Invalid JSON payload received. Unknown name "store".',
      type: "invalid_request_error",
      param: null,
      code: null,
    });
  });
});
