import { createWholeApp } from "../../edge/whole-app.ts";
import { ShadowSlots } from "../../edge/completions/shadow-slots.ts";
import { createDecider } from "../../edge/decider/decider.ts";
import type { Deps } from "../../edge/deps.ts";
import { parseEnv } from "../../edge/env.ts";
import { makeId } from "../../edge/ids.ts";
import type { LogLevel } from "../../edge/log.ts";
import type { Sleep } from "../../edge/sleep.ts";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { createAuthLimits } from "../../edge/tenancy/auth-limits.ts";
import { KeyUse } from "../../edge/tenancy/key-use.ts";
import { SnapshotCache } from "../../edge/tenancy/snapshot-cache.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";

interface Sent {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** How the two servers behind the worker answer one request. */
export interface Behind {
  readonly inference: () => Response;
  readonly provider: () => Response;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly records: readonly DecisionRecord[];
  /** Events logged at level `error`: what the worker itself calls a fault of its own. */
  readonly faults: readonly string[];
}

const INFERENCE = "http://inference.test";
const START = Date.UTC(2026, 0, 1);
/** Milliseconds between two requests: breakers that one case has opened are tried again by the next but one. */
const PACE_MS = 3_000;
const random = (): number => 0.5;

export const TOKEN = mintApiKey("live", random).token;

const model = (slug: string, provider: string) => ({
  id: `mdl_${slug}`,
  slug,
  provider,
  upstream_model: slug,
  prices: null,
  context_window: slug === "small" ? 8 : null,
  modalities: ["text"],
  capabilities: {},
  timeouts: {},
  created_at: "2026-01-01T00:00:00Z",
});

const SNAPSHOT = {
  revision: 1,
  tenant: { id: "ten_a", status: "active" },
  key: {
    id: "key_a",
    environment: "live",
    scopes: ["inference"],
    expires_at: null,
    revoked_at: null,
    allowed_models: null,
    allowed_routers: null,
  },
  providers: [
    { id: "prv_echo", slug: "echo", kind: "echo", base_url: null, credential: null },
    {
      id: "prv_open",
      slug: "open",
      kind: "openai-compatible",
      base_url: "https://api.example.com/v1",
      credential: null,
    },
  ],
  models: [model("echo-a", "echo"), model("open-a", "open"), model("small", "echo"), model("lost", "gone")],
  routers: [
    {
      id: "rtr_a",
      slug: "default",
      version: 1,
      policy_digest: "digest",
      published_at: "2026-01-01T00:00:00Z",
      document: {
        policies: [
          { name: "code", description: "Write code" },
          { name: "law", description: "Read contracts" },
        ],
        targets: { code: { model: "open-a", params: { temperature: 0 }, drop: ["top_p"] }, law: { model: "echo-a" } },
        fallback: { model: "echo-a", override: { n: 1 } },
      },
    },
  ],
  rollouts: [],
};

/**
 * The worker's app in this process, all of it but what lies behind the network: one tenant, whose snapshot is at hand,
 * and servers that answer as each case says. Nothing waits: retries come at once and time limits never.
 */
export class AppUnderFuzz {
  readonly #app = createWholeApp(() => this.#deps);
  #behind: Behind | null = null;
  #request: Request | null = null;
  #now = START;
  #records: DecisionRecord[] = [];
  #faults: string[] = [];
  readonly #deps: Deps;

  constructor() {
    const env = parseEnv({
      ENVIRONMENT: "production",
      DATABASE_URL_EDGE: "postgres://none",
      DATABASE_URL_API: "postgres://none",
      INFERENCE_URL: INFERENCE,
      INFERENCE_TOKEN: "x".repeat(16),
      CREDENTIAL_KEYS: `k:${Buffer.alloc(32).toString("base64")}`,
      SIGNING_SECRET: "s".repeat(32),
      USAGE_QUEUE: { sendBatch: () => Promise.resolve() },
    });
    const now = (): number => this.#now;
    const log = (level: LogLevel, event: string): void => {
      if (level === "error") this.#faults.push(event);
    };
    const network = ((url: string) =>
      Promise.resolve(
        url.startsWith(INFERENCE) ? this.#behind?.inference() : this.#behind?.provider(),
      )) as typeof fetch;
    const sleep: Sleep = (_ms, signal) =>
      signal === undefined || signal === this.#request?.signal || signal.aborted
        ? Promise.resolve()
        : new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    const edge = { query: <T>() => Promise.resolve([{ snapshot: SNAPSHOT }] as T[]) };
    this.#deps = {
      env,
      fetch: network,
      fetchUpstream: network,
      dial: () => Promise.reject(new Error("there is nothing to connect to")),
      now,
      random,
      sleep,
      newId: (kind) => makeId(kind, now(), random),
      log,
      db: { edge } as unknown as Deps["db"],
      snapshots: new SnapshotCache({ db: edge, now, log, sleep }),
      authLimits: createAuthLimits(),
      keyUse: new KeyUse(edge),
      decider: createDecider({ env, fetch: network, now, log, sleep }),
      shadowSlots: new ShadowSlots(),
      usage: { append: (record) => Promise.resolve(void this.#records.push(record)) },
    };
  }

  /** Sends one request and gives all that came of it, after everything it left running has ended. */
  async send(path: string, init: Sent, behind: Behind): Promise<Answered> {
    const work: Promise<unknown>[] = [];
    const execution = {
      waitUntil: (promise: Promise<unknown>): void => void work.push(promise),
      passThroughOnException: () => undefined,
      props: {},
    };
    this.#now += PACE_MS;
    this.#behind = behind;
    this.#records = [];
    this.#faults = [];
    this.#request = new Request(`https://edge.test${path}`, init);
    if (init.body !== undefined) this.#request.headers.set("content-length", String(Buffer.from(init.body).length));
    const answer = await this.#app.fetch(this.#request, {}, execution);
    const body = await answer.text();
    await Promise.all(work);
    return { status: answer.status, headers: answer.headers, body, records: this.#records, faults: this.#faults };
  }
}
