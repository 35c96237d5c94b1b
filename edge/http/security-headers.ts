import { secureHeaders } from "hono/secure-headers";

/** Answers are data for programs: nothing may be framed, sniffed or loaded by a page unless a route says so itself. */
export const securityHeaders = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: "DENY",
  overwrite: false,
});
