/** The architecture's import rules. Each comment is the reason a violation prints. */
const edgeWithout = (...rooms) => `^edge/(?!(${rooms.join("|")}))`;

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or miss a third.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "edge-runs-in-workerd",
      comment: "edge/ runs in workerd: no Node modules.",
      severity: "error",
      from: { path: "^edge/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "edge-knows-only-the-contract",
      comment: "Edge and inference share inference/contract and nothing else.",
      severity: "error",
      from: { path: "^edge/" },
      to: { path: "^inference/(?!contract/)" },
    },
    {
      name: "inference-knows-no-edge",
      comment: "inference/ is handed policies and a conversation; tenants, targets and tables are not its business.",
      severity: "error",
      from: { path: "^inference/" },
      to: { path: "^(edge|migrations|infra)/" },
    },
    {
      name: "inference-has-no-database",
      comment: "inference/ is stateless.",
      severity: "error",
      from: { path: "^inference/" },
      to: { path: "node_modules/(drizzle-orm|@neondatabase|pg)/" },
    },
    {
      name: "contract-imports-zod-only",
      comment: "The contract must type-check and run on both sides: zod and nothing else.",
      severity: "error",
      from: { path: "^inference/contract/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: ["^inference/contract/", "node_modules/zod/"] },
    },
    {
      name: "contract-users",
      comment: "On the edge only decider/ and routing/ speak the contract; others use what those give them.",
      severity: "error",
      from: { path: edgeWithout("decider/", "routing/"), pathNot: "\\.test\\.ts$" },
      to: { path: "^inference/contract/" },
    },
    {
      name: "routing-is-pure",
      comment: "routing/ is pure: time, randomness and configuration are arguments.",
      severity: "error",
      from: { path: "^edge/routing/", pathNot: "\\.test\\.ts$" },
      to: {
        pathNot: ["^edge/routing/", "^inference/contract/", "node_modules/zod/", "^edge/(errors|utf8)\\.ts$"],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "stores-alone-touch-the-database",
      comment: "Only *.store.ts and edge/db write queries; verbs call stores.",
      severity: "error",
      from: {
        path: "^edge/",
        pathNot: ["^edge/db/", "\\.store\\.ts$", "\\.test\\.ts$"],
      },
      to: { path: "node_modules/(drizzle-orm|@neondatabase)/" },
    },
    {
      name: "stores-know-no-http",
      comment: "A store gives rows; what HTTP makes of them is the route's business.",
      severity: "error",
      from: { path: "^edge/.*\\.store\\.ts$" },
      to: { path: ["node_modules/(hono|@hono)/", "^edge/http/", "\\.route\\.ts$", "/route\\.ts$"] },
    },
    {
      name: "http-frameworks-stay-at-the-rim",
      comment: "Hono belongs to app.ts, worker.ts, routes and http/; verbs take an input and return a result.",
      severity: "error",
      from: {
        path: "^edge/",
        pathNot: [
          "^edge/(app|worker)\\.ts$",
          "^edge/http/",
          "^edge/reference/",
          "(^|/|\\.)routes?\\.ts$",
          "\\.schema\\.ts$",
          "/schema\\.ts$",
          "\\.test\\.ts$",
        ],
      },
      to: { path: "node_modules/(hono|@hono)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "upstream-is-for-completions",
      comment:
        "Only completions forward requests; management may ask for a provider's address and its rules, and for one probe.",
      severity: "error",
      from: { path: "^edge/(management|tenancy|decider|usage|db|http|reference)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^edge/upstream/(?!(address-policy|base-url-of|probe)\\.ts$)" },
    },
    {
      name: "own-store-only",
      comment: "A resource's verbs use their own store; another resource's rows come from its verbs.",
      severity: "error",
      from: { path: "^edge/management/([^/]+)/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^edge/management/[^/]+/.*\\.store\\.ts$",
        pathNot: ["^edge/management/$1/", "^edge/management/audit/"],
      },
    },
    {
      name: "product-does-not-import-its-tools",
      comment: "infra/ and test/ start and check the product; it must run without them.",
      severity: "error",
      from: { path: "^(edge|inference|migrations)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(infra|test)/" },
    },
    {
      name: "no-unresolved",
      comment: "An import must lead somewhere; modules of the platform lead into the runtime.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^cloudflare:" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.node.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^\\.signalbox/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
