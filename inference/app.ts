import { Hono } from "hono";
import { decideHandler } from "./decide/decide.handler.ts";
import { enginesHandler } from "./decide/engines.handler.ts";
import { prepareHandler } from "./decide/prepare.handler.ts";
import { similarityHandler } from "./decide/similarity.handler.ts";
import { accessLog } from "./http/access-log.ts";
import type { AppEnv } from "./http/app-env.ts";
import { metricsHandler, readyHandler } from "./http/probes.ts";
import { requestId } from "./http/request-id.ts";
import { respond } from "./http/respond.ts";
import { requireServiceToken } from "./http/service-token.ts";
import type { Service } from "./service.ts";

/** The routes of the service. Probes are open; everything else needs a service token. */
export function createApp(service: Service): Hono<AppEnv> {
  const { deps, env, metrics } = service;
  const app = new Hono<AppEnv>();

  app.use(requestId(deps));
  app.use(accessLog(deps, metrics));
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", readyHandler(service));

  const guard = requireServiceToken(env.SERVICE_TOKENS);
  app.use("/metrics", guard);
  app.use("/v1/*", guard);
  app.get("/metrics", metricsHandler(service));
  app.get("/v1/engines", enginesHandler(service));
  app.post("/v1/decide", decideHandler(service));
  app.post("/v1/prepare", prepareHandler(service));
  app.post("/v1/similarity", similarityHandler(service));

  app.notFound((c) => respond(c, { code: "not_found", message: "There is nothing at this address." }));
  app.onError((error, c) => {
    // Only the kind of the error is logged: its message could hold a caller's text.
    deps.log("error", "internal_error", { requestId: c.get("requestId"), kind: error.name });
    return respond(c, { code: "internal_error", message: "Something went wrong on our side." });
  });
  return app;
}
