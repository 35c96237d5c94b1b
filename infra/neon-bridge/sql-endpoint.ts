import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import type { PoolClient } from "pg";
import type { BridgeLog } from "./bridge.ts";
import { cancelQuery } from "./cancel-query.ts";
import { errorAnswer } from "./postgres-error.ts";
import type { Pools } from "./pools.ts";
import { parseQueryRequest, readBody, type QueryRequest } from "./query-request.ts";
import { runQuery } from "./run-query.ts";
import { loginFor, type BridgeTarget, type Login } from "./target.ts";

/** Milliseconds in which PostgreSQL has to say something about a query that nobody waits for, or about a connection. */
const SILENCE_LIMIT_MS = 2_000;
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly code?: string;
}

/** Answers `POST /sql`: Neon's HTTP protocol as `@neondatabase/serverless` speaks it. */
export async function answerSql(
  parts: { readonly target: BridgeTarget; readonly pools: Pools; readonly log: BridgeLog },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = performance.now();
  const { target, pools, log } = parts;
  const body = await readBody(request, BODY_LIMIT_BYTES);
  const query = body === null ? null : parseQueryRequest(request.headers, body);
  const connectionString = request.headers["neon-connection-string"];
  const login = typeof connectionString === "string" ? loginFor(target, connectionString) : null;
  const answer = await reply(query, login, async (asked, as) => run(target, pools, asked, as, response));
  log("bridge.sql", {
    role: login?.user ?? null,
    kind: query?.kind ?? null,
    status: answer.status,
    code: answer.code ?? null,
    ms: Math.round(performance.now() - began),
  });
  if (response.destroyed) return;
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(JSON.stringify(answer.body));
}

async function reply(
  query: QueryRequest | null,
  login: Login | null,
  work: (query: QueryRequest, login: Login) => Promise<unknown>,
): Promise<Answer> {
  if (login === null) return { status: 400, body: { message: "the connection string names another server, or none" } };
  if (query === null) return { status: 400, body: { message: "not a query of Neon's HTTP protocol" } };
  try {
    return { status: 200, body: await work(query, login) };
  } catch (error) {
    return errorAnswer(error);
  }
}

async function run(
  target: BridgeTarget,
  pools: Pools,
  query: QueryRequest,
  login: Login,
  response: ServerResponse,
): Promise<unknown> {
  const client = await pools.of(login).connect();
  // A server that hears neither the query nor its cancellation must not keep the connection from everybody else.
  const silence = new SilenceLimit(client);
  const clientGone = (): void => {
    cancelQuery(target, client);
    silence.begin();
  };
  response.once("close", clientGone);
  let reusable = false;
  try {
    const body = await runQuery(client, query);
    reusable = true;
    return body;
  } catch (error) {
    reusable = errorAnswer(error).status === 400;
    throw error;
  } finally {
    response.off("close", clientGone);
    silence.end();
    void handBack(client, reusable && !response.destroyed);
  }
}

/** The next user of a connection finds no setting, temporary table or lock of this one. */
async function handBack(client: PoolClient, reusable: boolean): Promise<void> {
  if (!reusable) {
    client.release(true);
    return;
  }
  const silence = new SilenceLimit(client);
  silence.begin();
  try {
    await client.query("DISCARD ALL");
    client.release();
  } catch {
    client.release(true);
  } finally {
    silence.end();
  }
}

/** Ends a connection whose server says nothing for too long; the query that waits on it fails. */
class SilenceLimit {
  readonly #client: PoolClient;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  begin(): void {
    this.#timer = setTimeout(() => void this.#client.end().catch(() => undefined), SILENCE_LIMIT_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
