import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { except } from "hono/combine";
import { methodNotAllowed } from "hono/method-not-allowed";
import { completionsRoutes } from "./completions/chat.route.ts";
import type { Deps } from "./deps.ts";
import { feedbackRoutes } from "./feedback/route.ts";
import { feedbackWebhookRoutes } from "./feedback/webhook.route.ts";
import { accessLog } from "./http/access-log.ts";
import type { AppEnv } from "./http/app-env.ts";
import { keyUse, operatorAuthentication, tenantAuthentication } from "./http/authentication.ts";
import { chunkedBodyBound, contentLengthBound } from "./http/body-limit.ts";
import { healthRoutes } from "./http/health.route.ts";
import { newRouter } from "./http/new-router.ts";
import { onError } from "./http/on-error.ts";
import { ownMethods } from "./http/own-methods.ts";
import { requestId } from "./http/request-id.ts";
import { requireScope } from "./http/require-scope.ts";
import { respond } from "./http/respond.ts";
import { securityHeaders } from "./http/security-headers.ts";

const wrongMethod =
  ({ routes }: OpenAPIHono<AppEnv>) =>
  (c: Context<AppEnv>, methods: readonly string[]): Response => {
    const own = ownMethods(routes, c.req.path);
    const allowed = own.size === 0 ? methods : methods.filter((method) => own.has(method));
    return respond(c, { code: "method_not_allowed", headers: { allow: allowed.join(", ") } });
  };

/**
 * The edge as one Hono app: what each request to a model needs, and what `mount` adds. Order is behaviour here, and a test
 * holds it.
 */
export function createApp(
  depsOf: (bindings: Record<string, unknown>) => Deps,
  mount: (app: OpenAPIHono<AppEnv>) => void = () => undefined,
): OpenAPIHono<AppEnv> {
  const app = newRouter();

  // 1. What every later step may rely on, errors included.
  app.use(async (c, next) => {
    const deps = depsOf(c.env);
    c.set("deps", deps);
    c.set("startedAt", deps.now());
    await next();
  });
  app.use(requestId); // 2
  app.use(accessLog); // 3
  app.use(securityHeaders); // 4
  app.use(contentLengthBound); // 5. a header is read, the body is not
  app.use(methodNotAllowed({ app, onMethodNotAllowed: wrongMethod(app) }));

  // 6. Who asks. Nothing is loaded or read before this agrees.
  app.use("/v1/*", tenantAuthentication, requireScope("inference"));
  app.use("/api/v1/tenants/*", operatorAuthentication);
  app.use("/api/v1/*", except("/api/v1/tenants/*", tenantAuthentication, keyUse));

  // Messages that are signed: their bodies tell who sends them, so their route bounds and reads these itself.
  app.route("/", feedbackWebhookRoutes());

  app.use(chunkedBodyBound); // 7. bodies without a length, now that they may be read

  // 8. What is asked.
  app.route("/", healthRoutes());
  app.route("/", completionsRoutes());
  app.route("/", feedbackRoutes());
  mount(app);

  app.notFound((c) => respond(c, { code: "not_found" }));
  app.onError(onError);
  return app;
}
