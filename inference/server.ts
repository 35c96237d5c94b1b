import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "./app.ts";
import { createService } from "./create-service.ts";
import { createDeps } from "./deps.ts";
import { drainOnSignal } from "./drain.ts";
import { parseEnv } from "./env.ts";

const deps = createDeps();

try {
  const env = parseEnv(process.env, (path) => readFileSync(path, "utf8"));
  const service = createService(env, deps);
  const { registry } = service;
  // Engines that wait for other machines must not hold up the ones that need none.
  await Promise.all(registry.all.map((engine) => engine.start()));

  const listener = getRequestListener(createApp(service).fetch);
  const server = createServer((request, response) => void listener(request, response));
  server.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.name));
  server.listen(env.PORT, env.HOST, () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : env.PORT;
    deps.log("info", "listening", { port, host: env.HOST, engines: registry.all.length });
  });
  drainOnSignal(server, deps, service.life, {
    drainMs: env.DRAIN_MS,
    noticeMs: env.DRAIN_NOTICE_MS,
    stopEngines: () => registry.all.forEach((engine) => engine.stop()),
  });
} catch (error) {
  fail(error instanceof Error ? error.message : "unknown");
}

function fail(reason: string): void {
  deps.log("error", "start_failed", { reason });
  process.exit(1);
}
