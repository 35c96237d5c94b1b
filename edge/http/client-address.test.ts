import { Hono } from "hono";
import { expect, it } from "vitest";
import type { Deps } from "../deps.ts";
import type { AppEnv } from "./app-env.ts";
import { clientAddress } from "./client-address.ts";

const SHARED = "unknown:production";

async function counted(header: string, headers: Record<string, string>, cf: object = {}): Promise<string> {
  const env = { ENVIRONMENT: "production", CLIENT_ADDRESS_HEADER: header } as Deps["env"];
  const app = new Hono<AppEnv>().get("/", (c) => c.text(clientAddress(c, { env })));
  const request = Object.assign(new Request("http://edge.test/", { headers }), { cf });
  return (await app.request(request)).text();
}

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
  expect(await counted(header, headers)).toBe(expected);
});

it.each([
  ["192.0.2.3:50123", "192.0.2.3"],
  ["192.0.2.3", "192.0.2.3"],
  ["[2001:db8::3]:50123", "2001:db8::3"],
  ["2001:db8::3", "2001:db8::3"],
  [17, SHARED],
])("counts them by the connection's own address %s where no header is configured", async (clientIp, expected) => {
  expect(await counted("", { "cf-connecting-ip": "forged" }, { clientIp })).toBe(expected);
  expect(await counted("x-real-ip", { "x-real-ip": "192.0.2.4" }, { clientIp })).toBe("192.0.2.4");
});
