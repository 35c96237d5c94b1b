import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";

/** Answers are data for programs: nothing may be framed, sniffed or loaded by a page unless a route says so itself. */
export const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
} as const;

const ENTRIES = Object.entries(SECURITY_HEADERS);

/** Puts them on every answer that was not made with them; what a route has set itself stays. */
export const securityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  if (headers.has("x-frame-options")) return;
  for (const [name, value] of ENTRIES) if (!headers.has(name)) headers.set(name, value);
});
