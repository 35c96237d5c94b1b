import type { Decided } from "./decided.ts";
import { openaiDecisionsBody, readOpenaiDecisions } from "./openai-decisions-wire.ts";
import type { Question } from "./question.ts";
import { readSystemone, systemoneBody } from "./systemone-wire.ts";
import { unwrapWorkersAi } from "./workers-ai-envelope.ts";

/** All that differs between the servers of decision models. */
export interface Provider {
  /** Below the base URL. */
  readonly path: (model: string) => string;
  readonly body: (question: Question) => string;
  /** Reads parsed JSON of a 200; null when it is not what this server says. */
  readonly read: (answer: unknown) => Decided | null;
  /** Options of one question, `other` included. */
  readonly maxOptions: number;
  /** Newest part of a conversation that is sent. */
  readonly maxConversationCharacters: number;
  /** Below the base URL; null for a hosted service, which has no health of its own to ask about. */
  readonly health: string | null;
  /** Gauges of `/metrics` that say how much a server runs and queues. */
  readonly loadGauges: readonly string[];
  /** Somebody else's machines, by the token. */
  readonly hosted: boolean;
  /** Read from documentation, not yet held against a running server. */
  readonly preview: boolean;
}

const systemone: Provider = {
  path: () => "/v1/systemone",
  body: (question) => systemoneBody(question, {}),
  read: readSystemone,
  maxOptions: 255,
  maxConversationCharacters: 16_000,
  health: null,
  loadGauges: [],
  hosted: true,
  preview: true,
};

const decisions: Provider = {
  ...systemone,
  path: () => "/v1/decisions",
  body: openaiDecisionsBody,
  read: readOpenaiDecisions,
};

const ownHost = { health: "/health", hosted: false } as const;

export const PROVIDER_NAMES = [
  "vllm",
  "llama.cpp",
  "laya",
  "typesafe",
  "fireworks",
  "workers-ai",
  "openai",
  "sglang",
  "litellm",
] as const;

export const providers: Readonly<Record<(typeof PROVIDER_NAMES)[number], Provider>> = {
  // Options are read as the letters A to Z. The salt keeps tenants out of each other's prefix cache.
  vllm: {
    ...systemone,
    ...ownHost,
    body: (question) => systemoneBody(question, question.isolation === "" ? {} : { cache_salt: question.isolation }),
    maxOptions: 26,
    loadGauges: ["vllm:num_requests_running", "vllm:num_requests_waiting"],
  },
  "llama.cpp": {
    ...systemone,
    ...ownHost,
    maxOptions: 26,
    loadGauges: ["llamacpp:requests_processing", "llamacpp:requests_deferred"],
  },
  // Reads 512 to 1,024 tokens and is weak beyond some twenty options.
  laya: { ...systemone, ...ownHost, maxOptions: 20, maxConversationCharacters: 2_000 },
  typesafe: systemone,
  fireworks: systemone,
  // Has been seen to read only the first 2,048 tokens of a state, without an error.
  "workers-ai": {
    ...systemone,
    path: (model) => `/run/${model}`,
    read: (answer) => unwrapWorkersAi(answer, readSystemone),
    maxConversationCharacters: 6_000,
  },
  openai: decisions,
  sglang: {
    ...decisions,
    ...ownHost,
    maxOptions: 26,
    loadGauges: ["sglang:num_running_reqs", "sglang:num_queue_reqs"],
  },
  litellm: { ...decisions, health: "/health/readiness" },
};
