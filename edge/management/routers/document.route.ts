import type { OpenAPIHono } from "@hono/zod-openapi";
import { stringify } from "yaml";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { respond } from "../../http/respond.ts";
import { answer, etagOf } from "../answer.ts";
import { tenantContext } from "../request-context.ts";
import * as operations from "./document.schema.ts";
import { exportDocument } from "./export-document.ts";
import { importDocument } from "./import-document.ts";
import { prefersYaml } from "./yaml-body.ts";

/** A router as one document that a repository can hold. */
export function routerDocumentRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.read, async (c) => {
    const exported = await exportDocument(tenantContext(c), c.req.valid("param").slug);
    if (!exported.ok) return respond(c, exported.refusal);
    const headers = { ...etagOf(exported), vary: "accept" };
    const { document } = exported.value;
    return prefersYaml(c.req.header("accept"))
      ? c.body(stringify(document), 200, { ...headers, "content-type": "application/yaml" })
      : c.json(document, 200, headers);
  });
  router.openapi(operations.replace, async (c) => {
    const document = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const context = tenantContext(c, { document, match });
    const imported = await importDocument(context, c.req.valid("param").slug, document, match);
    return answer(c, imported, imported.ok && imported.value.created ? 201 : 200);
  });
  return router;
}
