import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { pagePolicy, UNFRAMED } from "../http/page-policy.ts";
import { describedBy } from "./document.ts";
import { renderPage } from "./page.ts";
import { STYLE } from "./style.ts";

const openapi = createRoute({
  method: "get",
  path: "/openapi.json",
  tags: ["Health"],
  summary: "This API as an OpenAPI 3.1 document",
  security: [],
  responses: {
    200: { description: "The document", content: { "application/json": { schema: z.looseObject({}) } } },
  },
});

const docs = createRoute({
  method: "get",
  path: "/docs",
  tags: ["Health"],
  summary: "This API as a page to read",
  security: [],
  responses: { 200: { description: "The page", content: { "text/html": { schema: z.string() } } } },
});

/** The description of an assembled app: for programs and for people. Call it when all other routes are mounted. */
export function referenceRoutes(app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> {
  const router = newRouter();
  const describe = describedBy(app);
  let rendered = { baseUrl: "", page: "" };
  router.openAPIRegistry.registerPath(openapi);
  router.get(openapi.getRoutingPath(), (c) => c.json(describe(baseUrl(c))));
  router.openAPIRegistry.registerPath(docs);
  router.get(docs.getRoutingPath(), async (c) => {
    c.header("content-security-policy", `${await pagePolicy(STYLE)}; ${UNFRAMED}`);
    const url = baseUrl(c);
    if (rendered.baseUrl !== url) rendered = { baseUrl: url, page: renderPage(describe(url)) };
    return c.html(rendered.page);
  });
  return router;
}

/** Where readers reach this service: as the deployment says, else as this request came. */
const baseUrl = (c: Context<AppEnv>): string =>
  (c.get("deps").env.PUBLIC_URL ?? new URL(c.req.url).origin).replace(/\/+$/, "");
