import { createHash } from "node:crypto";
import type { Deps } from "../../deps.ts";
import { untilAborted } from "../../decide/until-aborted.ts";
import { deadlineExceeded, ok, refuse } from "../../errors.ts";
import type { Refused } from "../../errors.ts";
import { promptFormats } from "../../prompts/formats.ts";
import type { Deployment } from "../deployments.ts";
import type { Engine } from "../engine.ts";
import { createFleet } from "../fleet/fleet.ts";
import type { Attempt } from "../fleet/fleet.ts";
import { at, getText } from "../fleet/post-json.ts";
import { reportedLoad } from "../fleet/reported-load.ts";
import { createVllmClient } from "./client.ts";
import { isTooLong } from "./error-shapes.ts";
import { firstAnswer } from "./first-answer.ts";
import type { PromptBounds } from "./fit-prompt.ts";
import { createOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { probe } from "./probe.ts";
import type { Ability } from "./probe.ts";
import type { QuestionParts, Read } from "./question.ts";
import { createConstraintReader } from "./read-by-constraint.ts";
import { createTokenReader } from "./read-by-tokens.ts";
import type { CandidateTokens } from "./read-by-tokens.ts";

const HEALTH_TIMEOUT_MS = 2_000;
const WARM_UP_TIMEOUT_MS = 120_000;
/** How long one server may take to name the tokens of a policy set: little while there is another, then what it needs. */
const PREPARE_TIMEOUTS_MS = [2_000, 60_000];
/** How long a server may say nothing of a policy set before the next one is asked too: decisions wait for its tokens. */
const SILENCE_MS = 200;
/** Gauges of `/metrics` that say how much a server runs and queues. */
const LOAD_GAUGES = ["vllm:num_requests_running", "vllm:num_requests_waiting"];
/** Part of the engine's version: raised when the same log-probabilities come to mean another distribution. */
const READING = 4;
/** Of the tokens of one policy's name, as a tree in memory. */
const BYTES_A_CHARACTER = 64;

interface PreparedRoutes {
  readonly digest: string;
  readonly routes: string;
  readonly options: Options;
  /** Read from the first server that can name tokens; null until one did. */
  candidates: CandidateTokens | null;
  /** Counted by the first server that can count but names no tokens; null until one did. */
  bounds: PromptBounds | null;
  /** Candidates under way for whoever needs them. */
  reading: Promise<{ readonly found: CandidateTokens | null }> | null;
}

/** A generative router behind vLLM: it is never let write, only asked how much it wants each policy. */
export function createVllmEngine(deployment: Deployment, deps: Deps): Engine<PreparedRoutes> {
  const { name, model, format: formatName, chatTemplateKwargs, maxConversationTokens } = deployment;
  const format = promptFormats[formatName];
  const asked = { model, chatTemplateKwargs };
  const client = createVllmClient(deps, deployment.apiKey);
  const made = { model: asked, format, maxConversationTokens };
  const reader = createTokenReader(client, made);
  const constrained = createConstraintReader(client, made);
  const abilities = new Map<string, Ability>();

  const fleet = createFleet(
    {
      name,
      baseUrls: deployment.baseUrls,
      prove: async (baseUrl, warm) => {
        if (!(await client.healthy(baseUrl, deps.timeout(HEALTH_TIMEOUT_MS)))) return false;
        if (warm) return true;
        const ability = await probe(client, baseUrl, { ...asked, format }, deps.timeout(WARM_UP_TIMEOUT_MS));
        if (ability === null) return false;
        if (abilities.get(baseUrl) !== ability) deps.log("info", "reading", { engine: name, ability });
        abilities.set(baseUrl, ability);
        return true;
      },
      loadOf: async (baseUrl) => {
        const shown = await getText(deps, at(baseUrl, "/metrics"), deps.timeout(HEALTH_TIMEOUT_MS));
        return shown?.status === 200 ? reportedLoad(shown.body, LOAD_GAUGES) : null;
      },
    },
    deps,
  );

  const findCandidates = async (prepared: PreparedRoutes): Promise<CandidateTokens | null> => {
    for (const patienceMs of PREPARE_TIMEOUTS_MS) {
      const able = fleet.inOrder(prepared.digest).filter((baseUrl) => abilities.get(baseUrl) === "tokens");
      const ask = async (baseUrl: string, calledOff: AbortSignal): Promise<CandidateTokens | null> => {
        const signal = AbortSignal.any([deps.timeout(patienceMs), calledOff]);
        const candidates = await reader.prepare(baseUrl, { ...prepared, signal });
        return candidates.kind === "answered" ? candidates.value : null;
      };
      const found = await firstAnswer(able, { ask, silenceMs: SILENCE_MS }, deps);
      if (found !== null) return found;
    }
    return null;
  };

  /** One search at a time, which outlives the decision that began it: the next one finds what it has come to. */
  const candidatesOf = (prepared: PreparedRoutes): Promise<{ readonly found: CandidateTokens | null }> => {
    prepared.reading ??= findCandidates(prepared).then((found) => {
      prepared.candidates = found;
      prepared.reading = null;
      return { found };
    });
    return prepared.reading;
  };

  const readFrom = async (baseUrl: string, prepared: PreparedRoutes, parts: QuestionParts): Promise<Read> => {
    const ability = abilities.get(baseUrl);
    if (ability === "tokens") {
      const read =
        prepared.candidates === null
          ? await untilAborted(candidatesOf(prepared), parts.signal)
          : { found: prepared.candidates };
      if (read === null) return { kind: "unreachable" };
      if (read.found !== null) return reader.read(baseUrl, read.found, parts);
    }
    if (ability !== "counted") return constrained.readEstimated(baseUrl, parts);
    if (prepared.bounds === null) {
      const counted = await constrained.boundsOf(baseUrl, parts);
      if (counted.kind !== "answered") return counted;
      prepared.bounds = counted.value;
    }
    return constrained.readCounted(baseUrl, prepared.bounds, parts);
  };

  return {
    name,
    version: createHash("sha256")
      .update(JSON.stringify([READING, model, formatName, chatTemplateKwargs ?? {}, maxConversationTokens]))
      .digest("hex")
      .slice(0, 12),
    reads: { promptTokens: deployment.maxPolicyTokens },
    start: () => {
      fleet.start();
      return Promise.resolve();
    },
    stop: fleet.stop,
    ready: fleet.ready,
    prepare: async ({ policies, digest }) => {
      const prepared: PreparedRoutes = {
        digest,
        routes: format.routes(policies),
        options: createOptions(policies, format),
        candidates: null,
        bounds: null,
        reading: null,
      };
      await candidatesOf(prepared);
      return prepared;
    },
    bytesOf: ({ routes, options }) => 2 * routes.length + BYTES_A_CHARACTER * options.texts.join("").length,

    decide: async (prepared, { conversation, isolation, signal: caller, deadlineAt }) => {
      const { routes, options, digest } = prepared;
      const started = deps.now();
      const read = await fleet.ask<Read>({
        digest,
        signal: caller,
        deadlineAt,
        attempt: async (baseUrl, signal) => {
          const result = await readFrom(baseUrl, prepared, { routes, options, conversation, isolation, signal });
          return { verdict: verdictOf(result), result };
        },
      });
      if (read === "late" || caller.aborted) return deadlineExceeded();
      if (read === null) return refuse("engine_unavailable", `No server of the engine \`${name}\` answers.`);
      if (read.kind === "answered") return ok({ ...read.value, timings: { upstream_ms: deps.now() - started } });
      deps.log("warn", "upstream_failed", {
        engine: name,
        ...(read.kind === "refused" ? { status: read.status, type: read.refusal.type } : { status: null }),
      });
      return refusalFor(read, name);
    },
  };
}

/** One odd question must not take a server from everybody else, so what it refuses is not held against it at once. */
function verdictOf(read: Read): Attempt<Read>["verdict"] {
  if (read.kind === "unreachable") return "gone";
  if (read.kind === "garbled") return "troubled";
  if (read.kind !== "refused") return read.kind === "answered" ? "answered" : "done";
  if (read.status === 429 || read.status === 503) return "elsewhere";
  return isTooLong(read) ? "done" : "troubled";
}

function refusalFor(read: Exclude<Read, { kind: "answered" }>, name: string): Refused {
  if (read.kind === "too_long") {
    const message = `The policies leave no room for a conversation in the window of the engine \`${name}\`.`;
    return refuse("invalid_request", message, { param: "policies" });
  }
  if (read.kind === "refused") {
    if (isTooLong(read)) {
      const message = `The conversation and the policies are too long for the engine \`${name}\`.`;
      return refuse("invalid_request", message, { param: "conversation" });
    }
    if (read.status === 429 || read.status === 503) {
      const message = `The servers of the engine \`${name}\` are at their limit.`;
      return refuse("overloaded", message, { retryAfterSeconds: read.retryAfter });
    }
  }
  return refuse("engine_unavailable", `The engine \`${name}\` does not answer as it should.`);
}
