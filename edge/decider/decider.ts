import { enginesResponseSchema, similarityResponseSchema, type Policy } from "../../inference/contract/index.ts";
import { LruMap } from "../lru-map.ts";
import type { Reading } from "../routing/decision.ts";
import type { Budget } from "../routing/lint-budget.ts";
import type { Similarities } from "../routing/lint-similarity.ts";
import { within } from "../within.ts";
import type { Breaker } from "./breaker.ts";
import { decide, type DeciderDeps, type DeciderState, type Question } from "./decide.ts";
import { getEngines, getReady, postPrepare, postSimilarity } from "./inference-client.ts";
import { Memo } from "./memo.ts";

/** Milliseconds that `/readyz` waits for the inference service. */
const PING_LIMIT_MS = 1_000;
/** Milliseconds that publishing waits for a policy set to be made ready; the service goes on without it. */
const PREPARE_LIMIT_MS = 10_000;
/** Milliseconds that a comparison of policies may take. */
const SIMILARITY_LIMIT_MS = 10_000;
/** Milliseconds that the list of engines may take. */
const ENGINES_LIMIT_MS = 2_000;
const MAX_BREAKERS = 10_000;

/** An engine as the inference service lists it, with what it reads of a policy set. */
export interface ListedEngine extends Budget {
  readonly name: string;
  readonly version: string;
}

/** Client of the inference service. Nothing here ever rejects: no request fails because routing did. */
export interface Decider {
  /** What the latest user turn wants, within the router's deadline; else a fallback reading that says why not. */
  decide(question: Question): Promise<Reading>;
  /** Whether the service says, within a second, that it can decide. */
  ping(): Promise<boolean>;
  /** Has a policy set made ready before its first request comes. */
  prepare(policies: readonly Policy[], engine: string): Promise<void>;
  /** How alike the texts of policies are, -1..1; null when the service does not say. */
  similarities(policies: readonly Policy[]): Promise<Similarities | null>;
  /** What stands behind an engine's name now; null when the service does not say, or has no such engine. */
  engine(name: string): Promise<ListedEngine | null>;
  /** The names of the service's engines, `default` not among them; null when it does not say. */
  engines(): Promise<readonly string[] | null>;
}

export function createDecider(deps: DeciderDeps): Decider {
  const state: DeciderState = { memo: new Memo(), breakers: new LruMap<Breaker>({ maxWeight: MAX_BREAKERS }) };
  return {
    async decide(question) {
      try {
        return await decide(deps, state, question);
      } catch (error) {
        const name = error instanceof Error ? error.name : typeof error;
        deps.log("error", "decider_broken", { request_id: question.requestId, tenant_id: question.tenantId, name });
        return { source: "fallback:invalid", decideMs: 0 };
      }
    },

    async ping() {
      try {
        return (await within(deps.sleep, PING_LIMIT_MS, (signal) => getReady(deps, signal))) === true;
      } catch {
        return false;
      }
    },

    async prepare(policies, engine) {
      if (policies.length === 0) return;
      const seen = policies.map(({ name, description }) => ({ name, description }));
      try {
        const status = await within(deps.sleep, PREPARE_LIMIT_MS, (signal) => postPrepare(deps, seen, engine, signal));
        if (status !== 200) deps.log("warn", "prepare_failed", { status });
      } catch {
        deps.log("warn", "prepare_failed", { status: null });
      }
    },

    async similarities(policies) {
      const texts = policies.map(({ name, description }) => ({ name, description }));
      const names = policies.map(({ name }) => ({ name, description: "" }));
      const descriptions = policies.map(({ description }) => ({ name: "", description }));
      const [whole, parts] = await Promise.all([compared(deps, texts), compared(deps, [...names, ...descriptions])]);
      if (whole === null || parts === null) return null;
      const rows = parts.slice(names.length);
      return {
        policies: whole,
        descriptions: rows.map((row) => row.slice(names.length)),
        names: rows.map((row) => row.slice(0, names.length)),
      };
    },

    async engine(asked) {
      const listed = await listedEngines(deps);
      const name = asked === "default" ? listed?.default : asked;
      return listed?.engines.find((one) => one.name === name) ?? null;
    },

    async engines() {
      return (await listedEngines(deps))?.engines.map(({ name }) => name) ?? null;
    },
  };
}

/** What the service says of its engines; null when it says nothing. */
async function listedEngines(deps: DeciderDeps) {
  try {
    const answer = await within(deps.sleep, ENGINES_LIMIT_MS, (signal) => getEngines(deps, signal));
    return enginesResponseSchema.safeParse(answer).data ?? null;
  } catch {
    return null;
  }
}

/** Cosines of texts among each other; null when the service does not say. */
async function compared(deps: DeciderDeps, texts: readonly Policy[]): Promise<number[][] | null> {
  try {
    const answer = await within(deps.sleep, SIMILARITY_LIMIT_MS, (signal) => postSimilarity(deps, texts, signal));
    return similarityResponseSchema.safeParse(answer).data?.similarities ?? null;
  } catch {
    return null;
  }
}
