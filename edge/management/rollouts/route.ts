import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { pagePolicy, UNFRAMED } from "../../http/page-policy.ts";
import { respond } from "../../http/respond.ts";
import { answer, etagOf } from "../answer.ts";
import {
  BODY_REFUSALS,
  ETAG,
  json,
  jsonBody,
  jsonBodyLike,
  needs,
  responses,
  VERSION_REFUSALS,
  versionedWriteHeaders,
  writeHeaders,
} from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { compareRollout } from "./compare.ts";
import { comparisonQuerySchema, comparisonSchema } from "./comparison.schema.ts";
import { createRollout } from "./create.ts";
import { getRollout } from "./get.ts";
import { listRollouts } from "./list.ts";
import { promoteRollout } from "./promote.ts";
import { reportRollout } from "./report/report.ts";
import { STYLE } from "./report/style.ts";
import { abortRolloutSchema, createRolloutSchema, rolloutSchema, updateRolloutSchema } from "./schema.ts";
import { setRolloutStatus } from "./set-status.ts";
import { updateRollout } from "./update.ts";

const read = { ...needs("policies:read"), tags: ["Rollouts"] };
const change = { ...needs("policies:write"), tags: ["Rollouts"] };
const params = z.object({ id: idParam("rollout") });
const versioned = { ...json(200, "The rollout", rolloutSchema), headers: ETAG };
const ENDING_REFUSALS = ["not_found", "conflict", "idempotency_key_reused", "validation_failed"] as const;

const create = createRoute({
  method: "post",
  path: "/rollouts",
  ...change,
  summary: "Send a share of a policy's conversations to a candidate",
  description:
    "A conversation stays on its arm; the `x-signalbox-arm` header of every answer names it. With `shadow`, the candidate also answers copies of the control arm's requests, as the arm `shadow`: started with the request, asked once, never seen by its caller, and never run where the provider itself would carry out tools. " +
    'Without a policy, the candidate is an engine (`{"engine":"arch-router"}`) that decides a share of the router\'s conversations, or copies of its decisions; `x-signalbox-routing-arm` names that arm.',
  request: {
    headers: writeHeaders,
    body: jsonBodyLike(createRolloutSchema, {
      "a model for a policy": {
        router: "default",
        policy: "contract review",
        candidate: { model: "gpt-5-mini" },
        percent: 5,
        guardrails: { error_rate: { times_control: 1 }, slow_first_byte: { over_ms: 2_000, at_most: 0.05 } },
      },
      "an engine for the router": {
        router: "default",
        candidate: { engine: "embedded", deadline_ms: 500, min_confidence: 0.6 },
        percent: 5,
        shadow: { percent: 20 },
      },
    }),
  },
  responses: responses(json(201, "The rollout", rolloutSchema), ...BODY_REFUSALS, "conflict", "idempotency_key_reused"),
});

const list = createRoute({
  method: "get",
  path: "/rollouts",
  ...read,
  summary: "List rollouts, newest first",
  request: { query: pageQuery("rollout") },
  responses: responses(json(200, "A page of rollouts", listOf(rolloutSchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/rollouts/{id}",
  ...read,
  summary: "Read a rollout",
  request: { params },
  responses: responses(versioned, "not_found"),
});

const compare = createRoute({
  method: "get",
  path: "/rollouts/{id}/comparison",
  ...read,
  summary: "Compare a rollout's arms: errors, latency, tokens, cost, finish reasons, feedback, with intervals",
  description:
    "From the receipts there are by now. Intervals hold one at a time; who looks at many will see some miss. The guardrails' own test is another one, which may be looked at after every batch.",
  request: { params, query: comparisonQuerySchema },
  responses: responses(json(200, "The arms beside each other", comparisonSchema), "not_found", "validation_failed"),
});

const report = createRoute({
  method: "get",
  path: "/rollouts/{id}/report",
  ...read,
  summary: "A rollout's comparison as a page with plots, to read and print",
  description:
    "One HTML file that loads nothing. Save it and open the file in a browser: no key and no signed link is then in an address, a history or a log.",
  request: { params, query: comparisonQuerySchema },
  responses: responses(
    { status: 200, description: "The page", content: { "text/html": { schema: z.string() } } },
    "not_found",
    "validation_failed",
  ),
});

const update = createRoute({
  method: "patch",
  path: "/rollouts/{id}",
  ...change,
  summary: "Widen or narrow a rollout or its shadow; in force everywhere within ten seconds",
  request: {
    params,
    headers: versionedWriteHeaders,
    body: jsonBody(updateRolloutSchema, { percent: 25, shadow: { percent: 10, tokens_per_day: 2_000_000 } }),
  },
  responses: responses(
    versioned,
    ...BODY_REFUSALS,
    ...VERSION_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

const pause = createRoute({
  method: "post",
  path: "/rollouts/{id}/pause",
  ...change,
  summary: "Let the policy's own target serve all conversations for now",
  request: { params, headers: writeHeaders },
  responses: responses(json(200, "The paused rollout", rolloutSchema), ...ENDING_REFUSALS),
});

const resume = createRoute({
  method: "post",
  path: "/rollouts/{id}/resume",
  ...change,
  summary: "Go on with a paused rollout; each conversation returns to its arm",
  request: { params, headers: writeHeaders },
  responses: responses(json(200, "The running rollout", rolloutSchema), ...ENDING_REFUSALS),
});

const promote = createRoute({
  method: "post",
  path: "/rollouts/{id}/promote",
  ...change,
  summary: "Make the candidate the policy's target, in a new version of the router",
  request: { params, headers: writeHeaders },
  responses: responses(json(200, "The promoted rollout", rolloutSchema), ...ENDING_REFUSALS),
});

const abort = createRoute({
  method: "post",
  path: "/rollouts/{id}/abort",
  ...change,
  summary: "End a rollout; the policy's own target serves all conversations again",
  request: { params, headers: writeHeaders, body: jsonBody(abortRolloutSchema, { reason: "Answers too briefly" }) },
  responses: responses(
    json(200, "The aborted rollout", rolloutSchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

export function rolloutRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createRollout(tenantContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listRollouts(tenantContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => {
    const rollout = await getRollout(tenantContext(c), c.req.valid("param").id);
    return answer(c, rollout.ok ? ok(rollout.value.view) : rollout, 200, etagOf(rollout));
  });
  router.openapi(compare, async (c) =>
    answer(c, await compareRollout(tenantContext(c), c.req.valid("param").id, c.req.valid("query"))),
  );
  router.openapi(report, async (c) => {
    const { id } = c.req.valid("param");
    const policy = await pagePolicy(STYLE);
    const page = await reportRollout(tenantContext(c), id, c.req.valid("query"), policy);
    if (!page.ok) return respond(c, page.refusal);
    c.header("content-security-policy", `${policy}; ${UNFRAMED}`);
    c.header("content-disposition", `inline; filename="${id}.html"`);
    return c.html(page.value);
  });
  router.openapi(update, async (c) => {
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const rollout = await updateRollout(tenantContext(c, { input, match }), c.req.valid("param").id, input, match);
    return answer(c, rollout.ok ? ok(rollout.value.view) : rollout, 200, etagOf(rollout));
  });
  router.openapi(pause, async (c) =>
    answer(c, await setRolloutStatus(tenantContext(c), c.req.valid("param").id, "paused")),
  );
  router.openapi(resume, async (c) =>
    answer(c, await setRolloutStatus(tenantContext(c), c.req.valid("param").id, "running")),
  );
  router.openapi(promote, async (c) => answer(c, await promoteRollout(tenantContext(c), c.req.valid("param").id)));
  router.openapi(abort, async (c) => {
    const input = c.req.valid("json");
    const { id } = c.req.valid("param");
    return answer(c, await setRolloutStatus(tenantContext(c, input), id, "aborted", input.reason));
  });
  return router;
}
