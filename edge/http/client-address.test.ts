import { Hono } from "hono";
import { expect, it } from "vitest";
import type { Deps } from "../deps.ts";
import type { AppEnv } from "./app-env.ts";
import { clientAddress } from "./client-address.ts";

const SHARED = "unknown:production";

it.each([
  ["what the platform says", "cf-connecting-ip", { "cf-connecting-ip": "192.0.2.1" }, "192.0.2.1"],
  [
    "what one's own proxy says",
    "x-real-ip",
    { "x-real-ip": "2001:db8::1", "cf-connecting-ip": "forged" },
    "2001:db8::1",
  ],
  ["the nearest proxy's entry of a list", "x-forwarded-for", { "x-forwarded-for": "forged, 192.0.2.2" }, "192.0.2.2"],
  ["one for all without the header", "x-real-ip", { "cf-connecting-ip": "forged" }, SHARED],
  ["one for all when nobody in front says it", "", { "cf-connecting-ip": "forged" }, SHARED],
  ["one for all when it says nothing", "x-real-ip", { "x-real-ip": " " }, SHARED],
])("counts refusals by %s", async (_what, header, headers, expected) => {
  const env = { ENVIRONMENT: "production", CLIENT_ADDRESS_HEADER: header } as Deps["env"];
  const app = new Hono<AppEnv>().get("/", (c) => c.text(clientAddress(c, { env })));
  expect(await (await app.request("/", { headers })).text()).toBe(expected);
});
