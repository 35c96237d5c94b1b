import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { commandsFor, operationsOf } from "./command.ts";

export type ApiDocument = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;

const TAGS = [
  { name: "Inference", description: "OpenAI's API, routed. Errors have OpenAI's shape." },
  { name: "Tenants", description: "The operator's surface: customers of this deployment." },
  { name: "Keys", description: "What programs of a tenant authenticate with." },
  { name: "Providers", description: "Where models are served, and with which credential." },
  { name: "Models", description: "What can be asked for by name, or be a policy's target." },
  { name: "Routers", description: "Policies, their targets and settings: edited as a draft, served as versions." },
  { name: "Draft policies", description: "A router's draft, one policy at a time." },
  { name: "Golden cases", description: "Conversations whose right policies are known: what a router is measured by." },
  { name: "Evaluations", description: "How a router does on its golden cases, and settings tuned to do better." },
  {
    name: "Recordings",
    description: "Conversations kept, encrypted and for a while, where a router's owner opted in.",
  },
  { name: "Rollouts", description: "Another model for a share of one policy's conversations, while it proves itself." },
  { name: "Decisions", description: "Receipts: what was decided for each request, and what served it." },
  { name: "Feedback", description: "What answers were worth, as applications and evaluation platforms tell." },
  { name: "Usage", description: "What requests took, in sums." },
  { name: "Audit log", description: "Who changed what." },
  { name: "Health", description: "For load balancers and people on call; no key is asked for." },
];

const SECURITY_SCHEMES = {
  tenantKey: { type: "http", scheme: "bearer", description: "A key of a tenant: `sbx_live_…` or `sbx_dev_…`." },
  operatorKey: { type: "http", scheme: "bearer", description: "The operator's key: `sbx_op_…`." },
} as const;

/**
 * Makes the function that describes an assembled app as OpenAPI 3.1, from the schemas its routes validate with. Built
 * once; `baseUrl` is where the reader reaches the service.
 */
export function describedBy(app: OpenAPIHono<AppEnv>): (baseUrl: string) => ApiDocument {
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  let built: ApiDocument | null = null;
  return (baseUrl) => {
    built ??= build(app);
    return { ...built, servers: [{ url: baseUrl }] };
  };
}

function build(app: OpenAPIHono<AppEnv>): ApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Signalbox",
      version: "1",
      description:
        "Routes each LLM request of a multi-tenant product to the model its owner prefers for that kind of task.",
      license: { name: "Apache-2.0" },
    },
    // Routes that say nothing of their own are behind a tenant's key with scope `inference`.
    security: [{ tenantKey: [] }],
    tags: TAGS,
  });
  for (const listed of operationsOf(document)) {
    const samples = commandsFor(listed).map(({ about, source }) => {
      return { lang: "Shell", label: about === null ? "curl" : `curl: ${about}`, source };
    });
    if (samples.length > 0) listed.operation["x-codeSamples"] = samples;
  }
  return document;
}
