import { createHash } from "node:crypto";
import type { Policy } from "../../contract/index.ts";
import type { Deps } from "../../deps.ts";
import { deadlineExceeded, ok, refuse } from "../../errors.ts";
import type { Result } from "../../errors.ts";
import type { DecideInput, Engine, EngineReading } from "../engine.ts";
import { createFleet } from "../fleet/fleet.ts";
import type { Attempt } from "../fleet/fleet.ts";
import { at, getText, parseJson, postJson } from "../fleet/post-json.ts";
import { reportedLoad } from "../fleet/reported-load.ts";
import type { DecisionsDeployment } from "./deployment.ts";
import { providers } from "./providers.ts";
import { INSTRUCTIONS, newestTurns, optionsOf, QUESTION_FORMAT } from "./question.ts";
import type { Question } from "./question.ts";
import { readDecided } from "./read-decided.ts";
import { refusedBy } from "./refused.ts";
import type { Shortlist } from "./shortlist.ts";

const HEALTH_TIMEOUT_MS = 2_000;
const WARM_UP_TIMEOUT_MS = 120_000;
const WARM_UP: Omit<Question, "model"> = {
  options: optionsOf([{ name: "weather", description: "The weather of a place" }]),
  conversation: [{ role: "user", content: "Will it rain in Bergen?" }],
  isolation: "",
};
/** Log-weight of a policy that the shortlist left out: none, or a calibration would give many of them weight together. */
const LEFT_OUT = -Infinity;

interface PreparedSet {
  readonly digest: string;
  readonly policies: readonly Policy[];
}

/** A model that answers a `choice` question with probabilities and writes no text, behind either of the two wires. */
export function createDecisionsEngine(
  deployment: DecisionsDeployment,
  shortlist: Shortlist,
  deps: Deps,
): Engine<PreparedSet> {
  const { name, model, apiKey } = deployment;
  const provider = providers[deployment.provider];
  const maxOptions = deployment.maxOptions ?? provider.maxOptions;
  const characters = deployment.maxConversationCharacters ?? provider.maxConversationCharacters;

  const attempt = async (baseUrl: string, question: Question, signal: AbortSignal): Promise<Attempt<Outcome>> => {
    const body = provider.body(question);
    const posted = await postJson(deps, at(baseUrl, provider.path(model)), { body, apiKey, signal });
    if (posted === null) {
      return { verdict: "gone", result: refuse("engine_unavailable", `No server of the engine \`${name}\` answers.`) };
    }
    if (posted.status !== 200) return refusedBy(name, posted);
    const reading = readingOf(posted.body, question);
    if (reading !== null) return { verdict: "answered", result: ok(reading) };
    return refusedBy(name, { ...posted, status: 502 });
  };

  const readingOf = (body: string, { options }: Question): Omit<EngineReading, "timings"> | null => {
    const decided = provider.read(parseJson(body));
    const read =
      decided === null
        ? null
        : readDecided(
            decided,
            options.map((option) => option.value),
          );
    if (decided === null || read === null) return null;
    return { ...read, ...(decided.tokens !== null && { tokens: decided.tokens }) };
  };

  const isHealthy = async (baseUrl: string, path: string): Promise<boolean> =>
    (await getText(deps, at(baseUrl, path), deps.timeout(HEALTH_TIMEOUT_MS)))?.status === 200;

  const { health, loadGauges } = provider;
  const fleet = createFleet(
    {
      name,
      baseUrls: deployment.baseUrls,
      prove:
        health === null
          ? null
          : async (baseUrl, warm) => {
              if (!(await isHealthy(baseUrl, health))) return false;
              // A warm-up costs money where somebody else's tokens are paid for, and warms nothing there.
              if (warm || provider.hosted) return true;
              const asked = await attempt(baseUrl, { model, ...WARM_UP }, deps.timeout(WARM_UP_TIMEOUT_MS));
              return asked.verdict === "answered";
            },
      loadOf:
        loadGauges.length === 0
          ? null
          : async (baseUrl) => {
              const shown = await getText(deps, at(baseUrl, "/metrics"), deps.timeout(HEALTH_TIMEOUT_MS));
              return shown?.status === 200 ? reportedLoad(shown.body, loadGauges) : null;
            },
    },
    deps,
  );

  const choose = async ({ policies }: PreparedSet, input: DecideInput): Promise<Result<readonly number[]>> =>
    policies.length < maxOptions
      ? ok(policies.map((_, index) => index))
      : shortlist.choose(policies, input, maxOptions - 1);

  return {
    name,
    version: createHash("sha256")
      .update(JSON.stringify([deployment.provider, model, QUESTION_FORMAT, INSTRUCTIONS, maxOptions, characters]))
      .digest("hex")
      .slice(0, 12),
    reads: {},
    hosted: provider.hosted,
    start: () => {
      fleet.start();
      return Promise.resolve();
    },
    stop: fleet.stop,
    ready: fleet.ready,
    prepare: async ({ policies, digest }) => {
      if (policies.length >= maxOptions) await shortlist.prepare(policies);
      return { policies, digest };
    },
    bytesOf: ({ policies }) => 2 * policies.reduce((sum, one) => sum + one.name.length + one.description.length, 0),

    decide: async (prepared, input) => {
      const began = deps.now();
      const kept = await choose(prepared, input);
      if (!kept.ok) return kept;
      const shortened = kept.value.length < prepared.policies.length;
      const asked = kept.value.flatMap((index) => prepared.policies[index] ?? []);
      const question: Question = {
        model,
        options: optionsOf(asked),
        conversation: newestTurns(input.conversation, characters),
        isolation: input.isolation,
      };
      const chosenAt = deps.now();
      const outcome = await fleet.ask<Outcome>({
        digest: prepared.digest,
        signal: input.signal,
        deadlineAt: input.deadlineAt,
        attempt: (baseUrl, signal) => attempt(baseUrl, question, signal),
      });
      if (outcome === "late" || input.signal.aborted) return deadlineExceeded();
      if (outcome === null) return refuse("engine_unavailable", `No server of the engine \`${name}\` answers.`);
      if (!outcome.ok) {
        deps.log("warn", "upstream_failed", { engine: name, code: outcome.refusal.code });
        return outcome;
      }
      const timings = {
        ...(shortened && { shortlist_ms: chosenAt - began }),
        upstream_ms: deps.now() - chosenAt,
      };
      const logits = spread(outcome.value.logits, kept.value, prepared.policies.length);
      return ok({ ...outcome.value, logits, timings, ...(shortened && { shortlisted: asked.length }) });
    },
  };
}

type Outcome = Result<Omit<EngineReading, "timings">>;

/** Log-weights of the whole set from those of the options that were asked about, `other` last in both. */
function spread(logits: readonly number[], kept: readonly number[], policies: number): number[] {
  const all = Array.from({ length: policies + 1 }, () => LEFT_OUT);
  kept.forEach((index, place) => (all[index] = logits[place] ?? LEFT_OUT));
  all[policies] = logits.at(-1) ?? LEFT_OUT;
  return all;
}
