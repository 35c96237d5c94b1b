import type { DurableObjectNamespace, Queue, Socket } from "@cloudflare/workers-types";
import { z } from "zod";
import { pricesSchema } from "./tenancy/snapshot.ts";
import type { DecisionRecord } from "./usage/decision-record.ts";

const KEY_RING_ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

const commaSeparated = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** Undefined for what is no JSON, which no schema takes. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const envSchema = z.object({
  /** `production` refuses development keys and plain-http upstreams. */
  ENVIRONMENT: z.enum(["development", "production"]),
  /** Connection strings of the roles `signalbox_edge` and `signalbox_api`. */
  DATABASE_URL_EDGE: z.string().min(1),
  DATABASE_URL_API: z.string().min(1),
  /** Connection string of the role `signalbox_jobs`; without it `scheduled` does nothing here. */
  DATABASE_URL_JOBS: z.string().min(1).optional(),
  /** Neon HTTP endpoint and WebSocket proxy of a bridge; absent when the database is Neon itself. */
  DATABASE_HTTP_ENDPOINT: z.url().optional(),
  DATABASE_WS_PROXY: z.string().min(1).optional(),
  INFERENCE_URL: z.url(),
  INFERENCE_TOKEN: z.string().min(16),
  /** `id:base64(32 bytes)`, comma-separated; the first seals, all open. */
  CREDENTIAL_KEYS: z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string().regex(KEY_RING_ENTRY)).min(1).max(8))
    .transform((entries) =>
      entries.map((entry) => {
        const separator = entry.indexOf(":");
        return { id: entry.slice(0, separator), key: entry.slice(separator + 1) };
      }),
    ),
  /** Secret from which per-tenant keys are derived (isolation tokens, conversation keys). */
  SIGNING_SECRET: z.string().min(32),
  /** SHA-256 of up to two operator keys, comma-separated hex. */
  OPERATOR_KEY_HASHES: z.string().default("").transform(commaSeparated).pipe(z.array(sha256Hex).max(2)),
  /** Base URL this service is reached at, for loop detection and the API description. */
  PUBLIC_URL: z.url().optional(),
  /**
   * Header in which the platform or one's own proxy names the caller's address; empty when nobody does, as by default
   * in a self-hosted worker: then the address of the connection counts.
   */
  CLIENT_ADDRESS_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]*$/)
    .default("cf-connecting-ip"),
  /** `loopback` lets providers use http and loopback addresses (local development only). */
  UPSTREAM_ADDRESSES: z.enum(["public", "loopback"]).default("public"),
  /** What the router models themselves cost, by engine name: `{"arch-router":{"input_per_million":0.1,…}}`, US dollars. */
  ENGINE_PRICES: z.string().default("{}").transform(parsedJson).pipe(z.record(z.string(), pricesSchema.strict())),
  /** Days that decisions are kept for; their hourly sums stay. Feedback is taken for 30. */
  DECISION_RETENTION_DAYS: z.coerce.number().int().min(31).max(36_500).default(90),
  /** Base URL of an OpenTelemetry collector (OTLP over HTTP, protobuf) that is told of decisions, usage and feedback. */
  OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Headers of its requests: `name=value`, comma-separated, values percent-encoded. */
  OTLP_HEADERS: z
    .string()
    .default("")
    .transform(commaSeparated)
    .pipe(z.array(z.string().regex(/^[A-Za-z0-9-]+=([^%]|%[0-9A-Fa-f]{2})+$/)))
    .transform((entries) =>
      Object.fromEntries(
        entries.map((entry) => {
          const separator = entry.indexOf("=");
          return [entry.slice(0, separator).toLowerCase(), decodeURIComponent(entry.slice(separator + 1))];
        }),
      ),
    ),
  /** Where receipts wait for the database: the queue USAGE_QUEUE, or the durable object USAGE_SPOOL on the worker's disk. */
  USAGE_SINK: z.enum(["queue", "spool"]).default("queue"),
});

/** Names of the variables; bindings that are no text are beside them. */
export const VARIABLES: readonly string[] = Object.keys(envSchema.shape);

/** Something of the host's that is reached as if it were on the network. */
interface Service {
  readonly fetch: typeof fetch;
  readonly connect: (address: string) => Socket;
}

export type Env = z.infer<typeof envSchema> & {
  readonly USAGE_QUEUE: Queue<DecisionRecord> | null;
  readonly USAGE_SPOOL: DurableObjectNamespace | null;
  /** The network that providers are called through, where the host has one that reaches public addresses only. */
  readonly UPSTREAM_NETWORK: Service | null;
  /** Files by which a host tells its worker something: `leaving` when it is about to end. */
  readonly PROCESS_STATE: Service | null;
};

/** Its message names variables, never their values, so it may be logged. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Parses the Worker's bindings. Throws with the names of what is missing or wrong, never with a value. */
export function parseEnv(bindings: Readonly<Record<string, unknown>>): Env {
  const parsed = envSchema.safeParse(bindings);
  const names = new Set(parsed.error?.issues.map((issue) => String(issue.path[0])));
  const queue = isQueue(bindings["USAGE_QUEUE"]) ? bindings["USAGE_QUEUE"] : null;
  const spool = isNamespace(bindings["USAGE_SPOOL"]) ? bindings["USAGE_SPOOL"] : null;
  if (parsed.success) {
    const { ENVIRONMENT, UPSTREAM_ADDRESSES, USAGE_SINK } = parsed.data;
    if (USAGE_SINK === "queue" && queue === null) names.add("USAGE_QUEUE");
    if (USAGE_SINK === "spool" && spool === null) names.add("USAGE_SPOOL");
    if (ENVIRONMENT === "production" && UPSTREAM_ADDRESSES === "loopback") names.add("UPSTREAM_ADDRESSES");
    const [UPSTREAM_NETWORK, PROCESS_STATE] = [
      fetcher(bindings["UPSTREAM_NETWORK"]),
      fetcher(bindings["PROCESS_STATE"]),
    ];
    const bound = { USAGE_QUEUE: queue, USAGE_SPOOL: spool, UPSTREAM_NETWORK, PROCESS_STATE };
    if (names.size === 0) return { ...parsed.data, ...bound };
  }
  throw new ConfigurationError(`missing or invalid configuration: ${[...names].sort().join(", ")}`);
}

function isQueue(value: unknown): value is Queue<DecisionRecord> {
  return typeof value === "object" && value !== null && "sendBatch" in value;
}

function isNamespace(value: unknown): value is DurableObjectNamespace {
  return typeof value === "object" && value !== null && "idFromName" in value;
}

function fetcher(value: unknown): Service | null {
  return typeof value === "object" && value !== null && "fetch" in value ? (value as Service) : null;
}
