import { describe, expect, it } from "vitest";
import { ANSWER } from "../../test/upstreams/recordings.ts";
import { PROVIDER_KINDS, type ProviderKind } from "../tenancy/snapshot.ts";
import { baseUrlOf, needsBaseUrl } from "./base-url-of.ts";
import { ADAPTERS } from "./registry.ts";

const CREDENTIAL = "key-0123456789";
const HEADERS = { accept: "application/json", "user-agent": "signalbox" };
const BODY = '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}';

/** The one request that a kind makes of a call. */
async function sent(kind: ProviderKind, baseUrl: string | null, credential: string | null = CREDENTIAL) {
  const requests: { url: string; init: RequestInit }[] = [];
  const call = { baseUrl: baseUrlOf(kind, baseUrl), credential, headers: HEADERS, body: BODY, callId: "c", nowMs: 0 };
  const network = (url: string, init: RequestInit): Promise<Response> => {
    requests.push({ url, init });
    return Promise.resolve(new Response(ANSWER, { headers: { "content-type": "application/json" } }));
  };
  const answer = await ADAPTERS[kind].exchange(call, network, new AbortController().signal);
  expect(await answer.text()).toBe(ANSWER);
  const [request, ...others] = requests;
  expect(others).toEqual([]);
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

const AZURE = "https://acme.openai.azure.com/openai/v1";
const BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/";
const BEARER = { authorization: `Bearer ${CREDENTIAL}` };

describe("a kind of provider", () => {
  it.each<readonly [ProviderKind, string | null, string, Record<string, string>]>([
    ["openai", null, "https://api.openai.com/v1/chat/completions", BEARER],
    ["anthropic", null, "https://api.anthropic.com/v1/chat/completions", BEARER],
    ["google", null, "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", BEARER],
    ["azure-openai", AZURE, `${AZURE}/chat/completions`, { "api-key": CREDENTIAL }],
    [
      "azure-openai",
      `${AZURE}?api-version=preview`,
      `${AZURE}/chat/completions?api-version=preview`,
      { "api-key": CREDENTIAL },
    ],
    ["bedrock", BEDROCK, `${BEDROCK}chat/completions`, BEARER],
    ["openai-compatible", "https://vllm.example/v1", "https://vllm.example/v1/chat/completions", BEARER],
    [
      "anthropic",
      "https://gateway.example/anthropic/v1",
      "https://gateway.example/anthropic/v1/chat/completions",
      BEARER,
    ],
  ])(
    "%s at %s is called with its credential in its own header and nowhere else",
    async (kind, baseUrl, url, header) => {
      const request = await sent(kind, baseUrl);
      expect(request.url).toBe(url);
      expect(request.init).toMatchObject({ method: "POST", body: BODY, redirect: "manual" });
      expect(request.init.headers).toEqual({ ...HEADERS, ...header });
      // The call's own headers serve its other attempts, at other providers.
      expect(HEADERS).toEqual({ accept: "application/json", "user-agent": "signalbox" });
      expect((await sent(kind, baseUrl, null)).init.headers).toEqual(HEADERS);
    },
  );

  it("has an address of its own only where the vendor has one for all", () => {
    const own = PROVIDER_KINDS.filter((kind) => baseUrlOf(kind, null) !== null);
    expect(own).toEqual(["openai", "anthropic", "google"]);
    expect(PROVIDER_KINDS.filter((kind) => !needsBaseUrl(kind))).toEqual(["echo"]);
  });
});
