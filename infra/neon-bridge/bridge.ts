import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { Pools } from "./pools.ts";
import { answerSql } from "./sql-endpoint.ts";
import { isTarget, type BridgeTarget } from "./target.ts";
import { proxyToPostgres } from "./websocket-proxy.ts";

/** One line per event; fields hold roles, codes and durations, never statements or values. */
export type BridgeLog = (event: string, fields: Readonly<Record<string, string | number | null>>) => void;

export interface BridgeOptions {
  readonly target: BridgeTarget;
  /** A free port of loopback when absent. */
  readonly port?: number;
  readonly log: BridgeLog;
}

export interface RunningBridge {
  readonly port: number;
  /** For DATABASE_HTTP_ENDPOINT. */
  readonly httpEndpoint: string;
  /** For DATABASE_WS_PROXY. */
  readonly wsProxy: string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const LIMITS = { connections: 16, logins: 16 };
const WEBSOCKET_PATHS = new Set(["/v1", "/v2"]);
/** Longer than callers keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Lets Neon's serverless driver talk to an ordinary PostgreSQL: `POST /sql` is its HTTP protocol, `/v1?address=` and
 * `/v2` its WebSocket one, `GET /healthz` says that the bridge is up. Binds loopback, connects to one server only.
 */
export async function startBridge(options: BridgeOptions): Promise<RunningBridge> {
  const { target, log } = options;
  const pools = new Pools(target, LIMITS);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      log("bridge.failed", { reason: error instanceof Error ? error.name : "unknown" });
      response.destroy();
    });
  });
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", `http://${HOST}`);
    if (request.method === "POST" && pathname === "/sql") {
      await answerSql({ target, pools, log }, request, response);
      return;
    }
    response.writeHead(request.method === "GET" && pathname === "/healthz" ? 200 : 404).end();
  }

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", `http://${HOST}`);
    const address = searchParams.get("address");
    if (!WEBSOCKET_PATHS.has(pathname) || (address !== null && !isTarget(target, address))) {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      log("bridge.ws.opened", { open: webSockets.clients.size });
      proxyToPostgres(target, webSocket, () => log("bridge.ws.closed", { open: webSockets.clients.size }));
    });
  });

  server.listen(options.port ?? 0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    httpEndpoint: `http://${HOST}:${port}/sql`,
    wsProxy: `${HOST}:${port}/v1`,
    close: async () => {
      for (const client of webSockets.clients) client.terminate();
      server.close();
      server.closeAllConnections();
      await Promise.all([once(server, "close"), pools.close()]);
    },
  };
}
