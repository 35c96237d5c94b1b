import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { auditRoutes } from "./audit/route.ts";
import { decisionRoutes } from "./decisions/route.ts";
import { evaluationRoutes } from "./evaluations/route.ts";
import { feedbackListRoutes } from "./feedback/route.ts";
import { feedbackSourceRoutes } from "./feedback-sources/route.ts";
import { goldenCaseRoutes } from "./golden-cases/route.ts";
import { keyRoutes } from "./keys/route.ts";
import { modelRoutes } from "./models/route.ts";
import { providerRoutes } from "./providers/route.ts";
import { recordingRoutes } from "./recordings/route.ts";
import { rolloutRoutes } from "./rollouts/route.ts";
import { routerDocumentRoutes } from "./routers/document.route.ts";
import { draftPolicyRoutes } from "./routers/policies.route.ts";
import { routerRoutes } from "./routers/route.ts";
import { tenantRoutes } from "./tenants/route.ts";
import { usageRoutes } from "./usage/route.ts";

/** The management surface. Mounted under `/api/v1`, behind the authentication of tenants and of the operator. */
export function managementRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.route("/", tenantRoutes());
  router.route("/", keyRoutes());
  router.route("/", providerRoutes());
  router.route("/", modelRoutes());
  router.route("/", routerRoutes());
  router.route("/", draftPolicyRoutes());
  router.route("/", routerDocumentRoutes());
  router.route("/", goldenCaseRoutes());
  router.route("/", evaluationRoutes());
  router.route("/", recordingRoutes());
  router.route("/", rolloutRoutes());
  router.route("/", decisionRoutes());
  router.route("/", feedbackListRoutes());
  router.route("/", feedbackSourceRoutes());
  router.route("/", usageRoutes());
  router.route("/", auditRoutes());
  return router;
}
