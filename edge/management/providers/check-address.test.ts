import { describe, expect, it } from "vitest";
import type { Env } from "../../env.ts";
import { PROVIDER_KINDS } from "../../tenancy/snapshot.ts";
import { checkAddress } from "./check-address.ts";

const env = { UPSTREAM_ADDRESSES: "public", PUBLIC_URL: "https://route.example.com" } as Env;

const reason = (kind: (typeof PROVIDER_KINDS)[number], baseUrl: string | null): string | undefined => {
  const result = checkAddress(env, kind, baseUrl);
  return result.ok ? undefined : result.refusal.errors?.[0]?.detail;
};

describe("a provider's address", () => {
  it.each(PROVIDER_KINDS)("of kind %s is asked for where the kind has none of its own", (kind) => {
    const needed = ["openai-compatible", "azure-openai", "bedrock"].includes(kind);
    expect(reason(kind, null)).toBe(needed ? `a provider of kind ${kind} needs one` : undefined);
    const given = reason(kind, "https://api.example.com/v1");
    expect(given).toBe(kind === "echo" ? "a provider of kind echo has no address" : undefined);
  });

  it("may be public, but not private, not plain and not this deployment itself", () => {
    expect(reason("openai-compatible", "https://api.openai.com/v1")).toBeUndefined();
    expect(reason("openai-compatible", "http://api.openai.com/v1")).toBeDefined();
    expect(reason("openai-compatible", "https://10.0.0.1/v1")).toBeDefined();
    expect(reason("openai-compatible", "https://user:pw@api.openai.com/v1")).toContain("credentials");
    expect(reason("openai-compatible", "https://route.example.com/v1")).toContain("this service itself");
    expect(reason("openai-compatible", "not a url")).toBeDefined();
  });
});
