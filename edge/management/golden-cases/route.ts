import type { OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { respond } from "../../http/respond.ts";
import { answer, etagOf } from "../answer.ts";
import { pageOf } from "../page.ts";
import { tenantContext } from "../request-context.ts";
import { createCase } from "./create.ts";
import { deleteCase } from "./delete.ts";
import { exportCases } from "./export.ts";
import { getCase } from "./get.ts";
import { importCases } from "./import.ts";
import { listCases } from "./list.ts";
import * as operations from "./operations.schema.ts";
import { replaceCase } from "./replace.ts";

const LINES_TYPE = /^application\/(jsonl|x-ndjson)\b/i;

/** A router's golden cases. */
export function goldenCaseRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.list, async (c) => {
    const { limit, cursor, format } = c.req.valid("query");
    const { slug } = c.req.valid("param");
    if (format === "json") return answer(c, await listCases(tenantContext(c), slug, pageOf({ limit, cursor })));
    const lines = await exportCases(tenantContext(c), slug);
    if (!lines.ok) return respond(c, lines.refusal);
    return c.body(lines.value, 200, { "content-type": "application/jsonl" });
  });
  router.openapi(operations.get, async (c) => {
    const { slug, golden_case } = c.req.valid("param");
    const found = await getCase(tenantContext(c), slug, golden_case);
    return answer(c, found.ok ? ok(found.value.view) : found, 200, etagOf(found));
  });
  router.openapi(operations.create, async (c) => {
    const input = c.req.valid("json");
    const created = await createCase(tenantContext(c, input), c.req.valid("param").slug, input);
    return answer(c, created.ok ? ok(created.value.view) : created, 201, etagOf(created));
  });
  router.openapi(operations.replace, async (c) => {
    const { slug, golden_case } = c.req.valid("param");
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const replaced = await replaceCase(tenantContext(c, { input, match }), slug, golden_case, input, match);
    return answer(c, replaced.ok ? ok(replaced.value.view) : replaced, 200, etagOf(replaced));
  });
  router.openapi(operations.remove, async (c) => {
    const { slug, golden_case } = c.req.valid("param");
    return answer(c, await deleteCase(tenantContext(c), slug, golden_case), 204);
  });
  router.openapi(operations.importLines, async (c) => {
    const type = c.req.header("content-type");
    if (type !== undefined && !LINES_TYPE.test(type)) {
      return respond(c, { code: "unsupported_media_type", message: "The body must be application/jsonl." });
    }
    const replace = c.req.valid("query").replace === "true";
    const text = await c.req.text();
    return answer(c, await importCases(tenantContext(c, { text, replace }), c.req.valid("param").slug, text, replace));
  });
  return router;
}
