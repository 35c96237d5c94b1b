import { createDeps } from "../../inference/deps.ts";
import { createVllmClient } from "../../inference/engines/vllm/client.ts";
import { metric } from "./server-metrics.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

const SLOT_IS_FREED_WITHIN_MS = 5_000;
const LOOKS_EVERY_MS = 20;
const RUNNING = "vllm:num_requests_running";
/** Counts what came to its end; vLLM 0.32 leaves out what was called off, other versions have a reason for that. */
const ENDED = "vllm:request_success_total";

/**
 * Leaves in the middle of an answer that fills the server's window. Gives a complaint, empty when the server was seen to
 * write it, stopped when its caller had gone, and did not stop because the answer was done.
 */
export async function leaveMidAnswer(
  server: ServerUnderTest,
  { seenWithinMs = SLOT_IS_FREED_WITHIN_MS, freedWithinMs = SLOT_IS_FREED_WITHIN_MS } = {},
): Promise<string> {
  const { url, model } = server;
  const client = createVllmClient(createDeps(), undefined);
  const running = () => metric(server, RUNNING);
  const ended = () => metric(server, ENDED, (labels) => !labels.includes('finished_reason="abort"'));

  const prompt = { model, prompt: "Once upon a time", add_special_tokens: false } as const;
  const counted = await client.tokenize(url, prompt, new AbortController().signal);
  if (counted.kind !== "answered") return `its prompt was not counted: ${counted.kind}`;
  const { tokens, window } = counted.value;
  if (Number.isNaN(await running())) return "the server does not say what it runs";
  if (!(await until(async () => (await running()) === 0, seenWithinMs))) return "others' requests run at the server";
  const before = await ended();
  if (Number.isNaN(before)) return "the server does not say what it has written";

  const endless = {
    model,
    prompt: [tokens],
    max_tokens: window - tokens.length,
    ignore_eos: true,
    temperature: 0,
    logprobs: 1,
    logprob_token_ids: tokens.slice(0, 1),
    return_tokens_as_token_ids: true,
  } as const;
  const caller = new AbortController();
  const asked = client.readNext(url, endless, caller.signal);
  const ran = await until(async () => (await running()) > 0, seenWithinMs);
  caller.abort();
  const { kind } = await asked;
  if (!ran) return `it was never seen to run (${kind})`;
  if (!(await until(async () => (await running()) === 0, freedWithinMs)))
    return `it still runs after ${String(freedWithinMs)} ms`;
  return (await ended()) === before ? "" : "the server wrote the answer to its end";
}

/** Whether it came true in time. */
async function until(came: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  for (;;) {
    if (await came()) return true;
    if (performance.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY_MS));
  }
}
