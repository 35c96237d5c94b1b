import { createHash } from "node:crypto";
import type { Policy, Turn } from "../../contract/index.ts";
import type { Deps } from "../../deps.ts";
import { deadlineExceeded, ok, refuse } from "../../errors.ts";
import type { Refused } from "../../errors.ts";
import { promptFormats } from "../../prompts/formats.ts";
import type { Deployment } from "../deployments.ts";
import type { Engine, EngineReading } from "../engine.ts";
import { createVllmClient } from "./client.ts";
import type { Asked } from "./client.ts";
import { isTooLong } from "./error-shapes.ts";
import { createOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { createPool } from "./pool.ts";
import type { Replica } from "./pool.ts";
import { readAnswer } from "./read-answer.ts";
import type { Completion, CompletionRequest } from "./wire.ts";

/** vLLM's own bound on alternatives a token, unless it was started with another. */
const TOP_LOGPROBS = 20;
const HEALTH_TIMEOUT_MS = 2_000;
const WARM_UP_TIMEOUT_MS = 120_000;
/** Servers asked about one decision before it is given up. */
const MAX_ATTEMPTS = 2;

const WARM_UP_POLICIES: readonly Policy[] = [{ name: "weather", description: "The weather of a place" }];
const WARM_UP_CONVERSATION: readonly Turn[] = [{ role: "user", content: "Will it rain in Bergen?" }];

interface PreparedRoutes {
  readonly digest: string;
  readonly routes: string;
  readonly options: Options;
}

/** A router model behind vLLM's OpenAI-compatible server, asked for one policy name under a constraint. */
export function createVllmEngine(deployment: Deployment, deps: Deps): Engine<PreparedRoutes> {
  const { name, model, format: formatName, maxConversationCharacters } = deployment;
  const format = promptFormats[formatName];
  const client = createVllmClient(deps, deployment.apiKey);

  const prepare = (policies: readonly Policy[], digest: string): PreparedRoutes => ({
    digest,
    routes: format.routes(policies),
    options: createOptions(policies, format),
  });

  const requestFor = (
    { routes, options }: PreparedRoutes,
    conversation: readonly Turn[],
    isolation: string,
  ): CompletionRequest => ({
    model,
    messages: [
      { role: "user", content: format.prompt(routes, newest(conversation, maxConversationCharacters)) },
      { role: "assistant", content: format.answerPrefix },
    ],
    add_generation_prompt: false,
    continue_final_message: true,
    structured_outputs: { choice: options.names },
    temperature: 0,
    // One token a byte is the longest spelling of a name that a grammar can let through, and one ends the turn.
    max_tokens: Math.max(...options.bytes.map((bytes) => bytes.length)) + 1,
    logprobs: true,
    top_logprobs: TOP_LOGPROBS,
    ...(isolation === "" ? {} : { cache_salt: isolation }),
  });

  const warmUp = requestFor(prepare(WARM_UP_POLICIES, ""), WARM_UP_CONVERSATION, "");
  const pool = createPool(
    {
      name,
      baseUrls: deployment.baseUrls,
      prove: async (baseUrl, warm) => {
        if (!(await client.healthy(baseUrl, deps.timeout(HEALTH_TIMEOUT_MS)))) return false;
        if (warm) return true;
        return (await client.ask(baseUrl, warmUp, deps.timeout(WARM_UP_TIMEOUT_MS))).kind === "answered";
      },
    },
    deps,
  );

  const askReplica = async (replica: Replica, request: CompletionRequest, signal: AbortSignal): Promise<Asked> => {
    replica.running += 1;
    try {
      return await client.ask(replica.baseUrl, request, signal);
    } finally {
      replica.running -= 1;
    }
  };

  return {
    name,
    version: createHash("sha256")
      .update(JSON.stringify([model, formatName]))
      .digest("hex")
      .slice(0, 12),
    reads: { promptTokens: deployment.maxPolicyTokens },
    start: () => {
      pool.start();
      return Promise.resolve();
    },
    stop: pool.stop,
    ready: pool.ready,
    prepare: ({ policies, digest }) => Promise.resolve(prepare(policies, digest)),
    bytesOf: ({ routes, options }) => 2 * (routes.length + options.names.join("").length * 2),

    decide: async (prepared, { conversation, isolation, signal }) => {
      const request = requestFor(prepared, conversation, isolation);
      const started = deps.now();
      let refused = refuse("engine_unavailable", `No server of the engine \`${name}\` answers.`);
      for (const replica of pool.inOrder(prepared.digest).slice(0, MAX_ATTEMPTS)) {
        const asked = await askReplica(replica, request, signal);
        if (signal.aborted) return deadlineExceeded();
        if (asked.kind === "answered") {
          const timings = { upstream_ms: deps.now() - started };
          return ok({ ...readAnswer(asked.completion, prepared.options), ...tokensOf(asked.completion), timings });
        }
        if (asked.kind === "unreachable") pool.markDown(replica);
        deps.log("warn", "upstream_failed", {
          engine: name,
          ...(asked.kind === "refused" ? { status: asked.status, type: asked.refusal.type } : { status: null }),
        });
        refused = refusalFor(asked, name);
        if (refused.refusal.code === "invalid_request") return refused;
      }
      return refused;
    },
  };
}

function tokensOf({ usage }: Completion): Pick<EngineReading, "tokens"> {
  if (!usage) return {};
  const { prompt_tokens: prompt, prompt_tokens_details: details, completion_tokens: completion } = usage;
  return { tokens: { prompt, cached: details?.cached_tokens ?? 0, completion: completion ?? 0 } };
}

function refusalFor(asked: Exclude<Asked, { kind: "answered" }>, name: string): Refused {
  if (asked.kind === "refused") {
    if (asked.status === 400 && isTooLong(asked.refusal)) {
      const message = `The conversation and the policies are too long for the engine \`${name}\`.`;
      return refuse("invalid_request", message, { param: "conversation" });
    }
    if (asked.status === 429 || asked.status === 503) {
      const message = `The servers of the engine \`${name}\` are at their limit.`;
      return refuse("overloaded", message, { retryAfterSeconds: asked.retryAfter });
    }
  }
  return refuse("engine_unavailable", `The engine \`${name}\` does not answer as it should.`);
}

/** The newest turns within the budget; the last one always, with its end when it alone is too long. */
function newest(conversation: readonly Turn[], characters: number): Turn[] {
  const kept: Turn[] = [];
  let left = characters;
  for (const turn of conversation.toReversed()) {
    if (kept.length > 0 && turn.content.length > left) break;
    kept.push({ role: turn.role, content: turn.content.slice(-characters).toWellFormed() });
    left -= turn.content.length;
  }
  return kept.reverse();
}
