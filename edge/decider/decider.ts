import { similarityResponseSchema, type Policy } from "../../inference/contract/index.ts";
import { LruMap } from "../lru-map.ts";
import type { Reading } from "../routing/decision.ts";
import { within } from "../within.ts";
import type { Breaker } from "./breaker.ts";
import { decide, type DeciderDeps, type DeciderState, type Question } from "./decide.ts";
import { getReady, postPrepare, postSimilarity } from "./inference-client.ts";
import { Memo } from "./memo.ts";

/** Milliseconds that `/readyz` waits for the inference service. */
const PING_LIMIT_MS = 1_000;
/** Milliseconds that publishing waits for a policy set to be made ready; the service goes on without it. */
const PREPARE_LIMIT_MS = 10_000;
/** Milliseconds that a comparison of policies may take. */
const SIMILARITY_LIMIT_MS = 10_000;
const MAX_BREAKERS = 10_000;

/** Client of the inference service. Nothing here ever rejects: no request fails because routing did. */
export interface Decider {
  /** What the latest user turn wants, within the router's deadline; else a fallback reading that says why not. */
  decide(question: Question): Promise<Reading>;
  /** Whether the service says, within a second, that it can decide. */
  ping(): Promise<boolean>;
  /** Has a policy set made ready before its first request comes. */
  prepare(policies: readonly Policy[], engine: string): Promise<void>;
  /** How alike the texts of policies i and j are, -1..1, at [i][j]; null when the service does not say. */
  similarities(policies: readonly Policy[]): Promise<number[][] | null>;
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
      const seen = policies.map(({ name, description }) => ({ name, description }));
      try {
        const answer = await within(deps.sleep, SIMILARITY_LIMIT_MS, (signal) => postSimilarity(deps, seen, signal));
        return similarityResponseSchema.safeParse(answer).data?.similarities ?? null;
      } catch {
        return null;
      }
    },
  };
}
