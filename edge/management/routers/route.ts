import type { OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer, etagOf } from "../answer.ts";
import { pageOf } from "../page.ts";
import { tenantContext } from "../request-context.ts";
import { createRouter } from "./create.ts";
import { deleteRouter } from "./delete.ts";
import { diffRevisions } from "./diff.ts";
import { dryRun as dryRunOperation } from "./dry-run.schema.ts";
import { dryRun } from "./dry-run.ts";
import { getDraft } from "./get-draft.ts";
import { lint } from "./lint.schema.ts";
import { lintRouter } from "./lint.ts";
import { getVersion } from "./get-version.ts";
import { getRouter } from "./get.ts";
import { listVersions } from "./list-versions.ts";
import { listRouters } from "./list.ts";
import * as operations from "./operations.schema.ts";
import { publishRouter } from "./publish.ts";
import { putDraft } from "./put-draft.ts";
import { renameRouter } from "./rename.ts";
import { rollbackRouter } from "./rollback.ts";
import { tune } from "./tune.schema.ts";
import { tuneRouter } from "./tune.ts";

export function routerRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.create, async (c) => {
    const input = c.req.valid("json");
    const created = await createRouter(tenantContext(c, input), input);
    return answer(c, created.ok ? ok(created.value.router) : created, 201, etagOf(created));
  });
  router.openapi(operations.list, async (c) =>
    answer(c, await listRouters(tenantContext(c), pageOf(c.req.valid("query")))),
  );
  router.openapi(operations.get, async (c) => answer(c, await getRouter(tenantContext(c), c.req.valid("param").slug)));
  router.openapi(operations.rename, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await renameRouter(tenantContext(c, input), c.req.valid("param").slug, input));
  });
  router.openapi(operations.remove, async (c) =>
    answer(c, await deleteRouter(tenantContext(c), c.req.valid("param").slug), 204),
  );
  router.openapi(operations.readDraft, async (c) => {
    const draft = await getDraft(tenantContext(c), c.req.valid("param").slug);
    return answer(c, draft.ok ? ok(draft.value.document) : draft, 200, etagOf(draft));
  });
  router.openapi(operations.writeDraft, async (c) => {
    const document = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const context = tenantContext(c, { document, match });
    const draft = await putDraft(context, c.req.valid("param").slug, document, match);
    return answer(c, draft.ok ? ok(draft.value.value) : draft, 200, etagOf(draft));
  });
  router.openapi(operations.publish, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await publishRouter(tenantContext(c, input), c.req.valid("param").slug, input), 201);
  });
  router.openapi(operations.rollback, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await rollbackRouter(tenantContext(c, input), c.req.valid("param").slug, input), 201);
  });
  router.openapi(operations.versions, async (c) =>
    answer(c, await listVersions(tenantContext(c), c.req.valid("param").slug, pageOf(c.req.valid("query")))),
  );
  router.openapi(operations.version, async (c) => {
    const { slug, version } = c.req.valid("param");
    return answer(c, await getVersion(tenantContext(c), slug, version));
  });
  router.openapi(operations.diff, async (c) => {
    const { slug, a, b } = c.req.valid("param");
    return answer(c, await diffRevisions(tenantContext(c), slug, a, b));
  });
  router.openapi(lint, async (c) => {
    const models = new Set(c.get("principal").tenant.models.keys());
    return answer(c, await lintRouter(tenantContext(c), c.req.valid("param").slug, models));
  });
  router.openapi(dryRunOperation, async (c) => {
    const input = c.req.valid("json");
    const { models } = c.get("principal").tenant;
    return answer(c, await dryRun(tenantContext(c, input), c.req.valid("param").slug, input, models));
  });
  router.openapi(tune, async (c) => {
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const tuned = await tuneRouter(tenantContext(c, { input, match }), c.req.valid("param").slug, input, match);
    return answer(c, tuned.ok ? ok(tuned.value.value) : tuned, 200, etagOf(tuned));
  });
  return router;
}
