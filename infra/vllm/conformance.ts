import { createDeps } from "../../inference/deps.ts";
import { createVllmClient } from "../../inference/engines/vllm/client.ts";
import { isTooLong, readRefusal } from "../../inference/engines/vllm/error-shapes.ts";
import { probe } from "../../inference/engines/vllm/probe.ts";
import { PROMPT_FORMATS, promptFormats } from "../../inference/prompts/formats.ts";
import type { PromptFormatName } from "../../inference/prompts/formats.ts";
import type { Outcomes } from "./outcomes.ts";
import { leaveMidAnswer } from "./cancellation.ts";
import { metric } from "./server-metrics.ts";
import { decided, engineFor, json } from "./server-under-test.ts";
import type { Case, ServerUnderTest } from "./server-under-test.ts";

/** A name takes one token where first tokens differ, and one more for each that two names share. */
const TOKENS_READ = 8;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;

/** What the engine takes for granted of a vLLM server: names of tokens, prompts that are kept, slots that are freed, refusals. */
export async function checkConformance(
  { check }: Outcomes,
  server: ServerUnderTest,
  format: PromptFormatName,
  one: Case,
): Promise<void> {
  for (const name of PROMPT_FORMATS) {
    await check(`${name}: a decision is read, and no more written than leads to where names part`, async () => {
      const { tokens, logits } = await decided(await engineFor(server, name), one);
      if (logits.length !== one.policies.length + 1) return "not one number an option";
      if (tokens === undefined || tokens.completion > TOKENS_READ) return `wrote ${String(tokens?.completion)} tokens`;
      return logits.every(Number.isFinite) ? "" : "a number is not finite";
    });
  }
  await check("probing finds that the server names tokens", async () => {
    const asked = { model: server.model, chatTemplateKwargs: undefined, format: promptFormats[format] };
    const ability = await probe(createVllmClient(createDeps(), undefined), server.url, asked, unending());
    return ability === "tokens" ? "" : `it found ${String(ability)}`;
  });
  const engine = await engineFor(server, format);
  await check("a prompt that was there before is in the prefix cache, for the same tenant alone", async () => {
    await decided(engine, one, "check-a");
    const again = await decided(engine, one, "check-a");
    const foreign = await decided(engine, one, `check-${String(performance.now())}`);
    const [kept, foreigners] = [again.tokens?.cached ?? 0, foreign.tokens?.cached ?? 0];
    if (kept === 0) return "nothing was cached (--enable-prompt-tokens-details?)";
    return foreigners < kept ? "" : "another tenant was given the cached prompt";
  });
  await check("the server's own counters of its prefix cache move with it", async () => {
    const before = await metric(server, "vllm:prefix_cache_hits_total");
    await decided(engine, one, "check-a");
    return (await metric(server, "vllm:prefix_cache_hits_total")) > before ? "" : "they do not";
  });
  await check("a caller that leaves in the middle of an answer frees its slot", () => leaveMidAnswer(server));
  await check("a model that the server does not have is refused as 404, with a message that is read", () =>
    refusedAs(server, { model: "no-such-model", prompt: "x" }, NOT_FOUND, ({ message }) => message !== ""),
  );
  await check("a prompt that is longer than the window is refused as 400, and read as too long", () =>
    refusedAs(server, { model: server.model, prompt: "word ".repeat(200_000) }, BAD_REQUEST, (refusal) =>
      isTooLong({ status: BAD_REQUEST, refusal }),
    ),
  );
  await check("a body that is no request is refused as 400, with a message that is read", () =>
    refusedAs(server, { model: server.model, prompt: 7 }, BAD_REQUEST, ({ message }) => message !== ""),
  );
}

async function refusedAs(
  { url }: ServerUnderTest,
  body: object,
  status: number,
  understood: (refusal: ReturnType<typeof readRefusal>) => boolean,
): Promise<string> {
  const answer = await fetch(`${url}/v1/completions`, json({ max_tokens: 1, ...body }));
  const text = await answer.text();
  if (answer.status !== status) return `answered ${String(answer.status)}`;
  return understood(readRefusal(text)) ? "" : `is read as nothing: ${text.slice(0, 200)}`;
}

const unending = (): AbortSignal => new AbortController().signal;
