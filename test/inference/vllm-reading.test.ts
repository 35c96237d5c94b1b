import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { decideErrorSchema, decideResponseSchema } from "../../inference/contract/index.ts";
import type { DecideRequest, DecideResponse } from "../../inference/contract/index.ts";
import { PROMPT_FORMATS } from "../../inference/prompts/formats.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { cutMidAnswer, json, playback, recorded, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";
import { modelThatWrites } from "./writing-model.ts";

type Case = Pick<DecideRequest, "policies" | "conversation" | "isolation">;
const cases = JSON.parse(recorded("reading-cases.json")) as Record<"apart" | "colliding" | "hostile" | "long", Case>;

const running: { stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function server(tokens: Answer, answers: Answer[] = []): Promise<VllmStandIn> {
  const standIn = await startVllm(answers, { tokens });
  running.push({ stop: standIn.close });
  return standIn;
}

async function inference(format: string, ...servers: VllmStandIn[]): Promise<InferenceProcess> {
  return deployed({ format, maxConversationTokens: 150 }, ...servers);
}

async function deployed(rest: object, ...servers: VllmStandIn[]): Promise<InferenceProcess> {
  const baseUrls = servers.map(({ url }) => url);
  const deployment = { name: "arch", baseUrls, model: "smol", ...rest };
  const service = await startInference({ ENGINES: JSON.stringify([deployment]), EMBEDDED_THREADS: "1" });
  running.push(service);
  while ((await service.get("/readyz", null)).status !== 200);
  return service;
}

const ask = (service: InferenceProcess, asked: Case, deadlineMs = 20_000) =>
  service.post("/v1/decide", { contract: 1, engine: "arch", deadlineMs, ...asked });

async function decided(response: Response): Promise<DecideResponse> {
  expect(response.status).toBe(200);
  return decideResponseSchema.parse(await response.json());
}

async function refused(response: Response) {
  return { status: response.status, ...decideErrorSchema.parse(await response.json()).error };
}

interface ReadRequest {
  readonly prompt: number[][];
  readonly logprob_token_ids: number[];
  readonly cache_salt?: string;
  readonly max_tokens: number;
  readonly stop_token_ids?: readonly number[];
}
/** Formats that the recorded model was tuned for. */
const TUNED: readonly string[] = ["arch-router-v1"];

/** The steps of decisions; the warm-up is salted with nothing. */
const steps = ({ read }: VllmStandIn): ReadRequest[] =>
  read
    .filter(({ path }) => path === "/v1/completions")
    .map(({ body }) => body as unknown as ReadRequest)
    .filter(({ cache_salt }) => cache_salt !== undefined);
/** The texts that were put before the model, the tokens of each counted by its server. */
const prompts = ({ read }: VllmStandIn): string[] =>
  read.flatMap(({ body }) => {
    const messages = body["messages"] as { content: string }[] | undefined;
    return messages?.[0] !== undefined && messages[0].content !== "?" ? [messages[0].content] : [];
  });

interface ReadAnswer {
  readonly choices: readonly {
    readonly logprobs: { readonly tokens: readonly string[]; readonly top_logprobs: readonly Record<string, number>[] };
  }[];
}

/** What the recorded server answered to one step. */
function answerTo(step: ReadRequest, format: string): ReadAnswer {
  const path = new URL(`../fixtures/vllm/reading-${format}.jsonl`, import.meta.url);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const exchanges = lines.map((line) => JSON.parse(line) as { request: unknown; body: string });
  const { body = "" } = exchanges.find(({ request }) => JSON.stringify(request) === JSON.stringify(step)) ?? {};
  return JSON.parse(body) as ReadAnswer;
}

const writtenIn = (step: ReadRequest, format: string): (readonly string[])[] =>
  answerTo(step, format).choices.map(({ logprobs }) => logprobs.tokens);

/** The probabilities that the recorded log-probabilities of the last place of one step stand for, by requested token. */
function sharesOf(step: ReadRequest, format: string): number[] {
  const shown = answerTo(step, format).choices[0]?.logprobs.top_logprobs.at(-1) ?? {};
  return step.logprob_token_ids.map((token) => Math.exp(shown[`token_id:${String(token)}`] ?? -Infinity));
}

describe.each(PROMPT_FORMATS)("a decision read in the format %s", (format) => {
  let standIn: VllmStandIn;
  let service: InferenceProcess;
  const decisions = new Map<string, { decision: DecideResponse; steps: ReadRequest[]; sent: string[] }>();
  beforeAll(async () => {
    standIn = await startVllm([], { tokens: playback(format) });
    service = await inference(format, standIn);
    running.length = 0;
    for (const [name, asked] of Object.entries(cases)) {
      const [stepsBefore, promptsBefore] = [steps(standIn).length, prompts(standIn).length];
      const decision = await decided(await ask(service, asked));
      const sent = prompts(standIn).slice(promptsBefore);
      decisions.set(name, { decision, steps: steps(standIn).slice(stepsBefore), sent });
    }
  });
  afterAll(async () => {
    await service.stop();
    await standIn.close();
  });
  const read = (name: keyof typeof cases) => decisions.get(name)!;

  test("is what the model would say next", () => {
    const { decision, steps: all } = read("apart");
    expect(all).toHaveLength(1);
    expect(standIn.asked).toEqual([]);

    expect(decision.scores.map(({ policy }) => policy)).toEqual(["weather", "recipes", "trains", null]);
    // A list of routes begins with a token of its own, which is asked about too.
    const begins = format === "plano-orchestrator-v2" ? 1 : 0;
    const [weather = 0, recipes = 0, trains = 0] = sharesOf(all[0]!, format).slice(begins);
    const [first = 0, second = 0, third = 0, other = 0] = decision.scores.map(({ probability }) => probability);
    expect(third / second / (trains / recipes)).toBeCloseTo(1, 3);
    // An empty list of routes is likelier than each single route, but it would begin a list with one: the two share.
    const shared = format === "plano-orchestrator-v2";
    expect(shared ? first / other : second / first).toBeCloseTo(shared ? 1 : recipes / weather, 4);
    expect(decision.scores.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    expect(decision.tokens?.completion).toBe(writtenIn(all[0]!, format).flat().length);
    // A small model that was not tuned for a format wants to say, most of all, what is no route.
    expect(decision.unsureReason).toBe(TUNED.includes(format) ? undefined : "outside_options");
  });

  test("lets the model write no further than names part", () => {
    const { decision, steps: all } = read("colliding");
    const [root] = all;
    const [written = []] = writtenIn(root!, format);
    expect(written.length).toBeLessThanOrEqual(root!.max_tokens);
    const leading = root?.stop_token_ids?.map((token) => `token_id:${String(token)}`) ?? [];
    expect(written.slice(0, -1).filter((token) => leading.includes(token))).toEqual([]);
    expect(decision.scores).toHaveLength(5);
    expect(decision.scores.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    // In one format it writes "book" and on past it, where the three names part: nothing is left to ask. In the others it
    // does not, though "book" has mass, or would be written of all names: how three names share it is read next.
    expect(all).toHaveLength(format === "generic-v2" ? 1 : 2);
    for (const tokens of all[1]?.prompt ?? []) {
      expect(tokens.slice(0, root?.prompt[0]?.length)).toEqual(root?.prompt[0]);
    }
  });

  test("shows the model a message's text and none of its marks", () => {
    const special = (name: keyof typeof cases) => read(name).steps[0]?.prompt[0]?.filter((token) => token <= 2);
    expect(special("hostile")).toEqual(special("apart"));
    expect(special("apart")?.length).toBeGreaterThan(3);
  });

  test("leaves out the middle of what is too long, by the server's own count, and keeps the latest turn last", () => {
    const { sent, steps: all } = read("long");
    const [opening = "", answer = "", , , latest = ""] = cases.long.conversation.map(({ content }) => content);
    expect(sent[0]).toContain(answer);
    expect(sent.at(-1)).not.toContain(answer);
    expect(sent.at(-1)?.indexOf(opening)).toBeGreaterThan(0);
    expect(sent.at(-1)?.indexOf(latest)).toBeGreaterThan(sent.at(-1)?.indexOf(opening) ?? 0);
    const withoutConversation = (read("apart").steps[0]?.prompt[0]?.length ?? 0) - 30;
    expect(all[0]?.prompt[0]?.length).toBeLessThan(withoutConversation + 150);
  });

  test("is cached under the salt of the tenant", () => {
    for (const name of ["apart", "hostile"] as const) {
      expect(read(name).steps.map(({ cache_salt }) => cache_salt)).toEqual(
        read(name).steps.map(() => cases[name].isolation),
      );
    }
    expect(cases.apart.isolation).not.toBe(cases.hostile.isolation);
  });
});

describe("a server", () => {
  const trains = json(200, recorded("chat-choice-trains.json"));

  test.each([
    ["does not know /tokenize", json(404, recorded("error-detail.json"))],
    [
      "takes no notice of the tokens it is asked about",
      ((asked, response) =>
        asked.path === "/tokenize"
          ? modelThatWrites("")(asked, response)
          : json(200, recorded("completions-choice.json"))(asked, response)) satisfies Answer,
    ],
  ])("that %s is constrained instead", async (_what, tokens) => {
    const standIn = await server(tokens, [trains]);
    const decision = await decided(await ask(await inference("arch-router-v1", standIn), cases.apart));
    expect(decision.scores[2]?.probability).toBeGreaterThan(0.5);
    expect(standIn.asked).toHaveLength(1);
  });

  /** Plays back until a decision is read, then does what it is told. */
  const failing =
    (answer: Answer): Answer =>
    (asked, response) =>
      (asked.body["cache_salt"] === undefined ? playback("arch-router-v1") : answer)(asked, response);

  test("that refuses a step for its load is answered 429", async () => {
    const standIn = await server(failing(json(503, recorded("error-queue-full.json"))));
    const service = await inference("arch-router-v1", standIn);
    expect(await refused(await ask(service, cases.apart))).toMatchObject({ status: 429, code: "overloaded" });
  });

  test("that leaves out a token it was asked about is not believed", async () => {
    const standIn = await server(failing(json(200, recorded("completions-choice.json"))));
    const service = await inference("arch-router-v1", standIn);
    expect(await refused(await ask(service, cases.apart))).toMatchObject({ status: 503, code: "engine_unavailable" });
  });

  test("that fails in the middle of a step, and once more, hands the decision to the next", async () => {
    const cut = failing(cutMidAnswer(recorded("completions-choice.json")));
    let broken: string | undefined;
    const once =
      (name: string): Answer =>
      (asked, response) => {
        // Whichever of the two is asked first breaks.
        if (asked.body["cache_salt"] !== undefined) broken ??= name;
        (broken === name ? cut : playback("arch-router-v1"))(asked, response);
      };
    const servers = await Promise.all([server(once("a")), server(once("b"))]);
    const service = await inference("arch-router-v1", ...servers);
    while (service.logs.filter((log) => log["event"] === "replica").length < 2) await service.get("/healthz", null);
    expect((await decided(await ask(service, cases.apart))).scores).toHaveLength(4);
    const tries = servers.map((one) => steps(one).length);
    expect(tries.toSorted()).toEqual([1, 2]);
    expect(tries[broken === "a" ? 0 : 1]).toBe(2);
  });

  test("that says nothing to a step has its slot freed when the caller goes away", async () => {
    const reached = Promise.withResolvers<{ gone: Promise<void> }>();
    const silent: Answer = (asked) => reached.resolve(asked);
    const service = await inference("arch-router-v1", await server(failing(silent)));
    const caller = new AbortController();
    const request = fetch(`${service.url}/v1/decide`, {
      method: "POST",
      headers: { authorization: "Bearer test-service-token-one", "content-type": "application/json" },
      body: JSON.stringify({ contract: 1, engine: "arch", deadlineMs: 20_000, ...cases.apart }),
      signal: caller.signal,
    });
    const { gone } = await reached.promise;
    caller.abort();
    await expect(request).rejects.toThrow();
    await gone;
  });
});

test("a text that is mostly marks, which take several tokens each, is cut until it fits", async () => {
  const writes = await server(modelThatWrites('{"route": "trains"}'));
  const service = await inference("arch-router-v1", writes);
  const table = { role: "user", content: "<td></td>".repeat(500) } as const;
  const decision = await decided(await ask(service, { ...cases.apart, conversation: [table] }));
  expect(decision.scores.find(({ policy }) => policy === "trains")?.probability).toBeGreaterThan(0.9);
  expect(prompts(writes).at(-1)).toContain("\\u003ctd>");
});

test("a prompt that just fits the window leaves room for the longest answer", async () => {
  const policies = ["book a hotel", "book a hotel room", "book a flight"].map((name) => ({ name, description: "" }));
  const asked = (length: number): Case => ({
    policies,
    conversation: [{ role: "user", content: "x".repeat(length) }],
    isolation: "t",
  });
  const writes = await server(modelThatWrites('{"route": "book a hotel room"}', 2_000));
  const service = await deployed({ format: "arch-router-v1" }, writes);
  await decided(await ask(service, asked(1)));
  const [prompt = []] = steps(writes)[0]?.prompt ?? [];
  const toTheBrim = 1 + 2_000 - prompt.length;
  for (let length = toTheBrim - 50; length <= toTheBrim + 1; length += 1) {
    const decision = await decided(await ask(service, asked(length)));
    expect(decision.scores.find(({ policy }) => policy === "book a hotel room")?.probability).toBeGreaterThan(0.9);
  }
});

describe("a server that counts tokens, but can only be constrained,", () => {
  const WINDOW = 2_000;
  const counting: Answer = (asked, response) =>
    (asked.path === "/tokenize" ? modelThatWrites("", WINDOW) : json(200, recorded("completions-choice.json")))(
      asked,
      response,
    );
  /** What a question and its longest answer take. A token is a UTF-16 unit, and one stands before an answer. */
  const taken = ({ messages, max_tokens: answer }: Record<string, unknown>): number =>
    (messages as { content: string }[]).reduce((sum, { content }) => sum + content.length, 1) + Number(answer);
  /** Refuses what does not fit, as the recorded server does. */
  const chooses: Answer = (asked, response) => {
    (taken(asked.body) > WINDOW ? json(400, recorded("error-status-phrase.json")) : trains)(asked, response);
  };
  const trains = json(200, recorded("chat-choice-trains.json"));
  const asking = (content: string): Case => ({ ...cases.apart, conversation: [{ role: "user", content }] });

  test("is sent what fits its window beside the policies, and no less", async () => {
    const standIn = await server(counting, [chooses]);
    const service = await deployed({ format: "arch-router-v1" }, standIn);
    await decided(await ask(service, asking("x")));
    const toTheBrim = 1 + WINDOW - taken(standIn.asked[0]?.body ?? {});
    const lengths = [toTheBrim - 100, toTheBrim - 1, toTheBrim, toTheBrim + 1, toTheBrim + 10, 4 * toTheBrim];
    for (const length of lengths) await decided(await ask(service, asking("x".repeat(length))));
    const whole = standIn.asked.slice(1).map(({ body }, index) => {
      const { content = "" } = (body["messages"] as { content: string }[])[0] ?? {};
      return content.includes("x".repeat(lengths[index] ?? 0));
    });
    expect(whole).toEqual([true, true, true, false, false, false]);
  });

  test("has a conversation trimmed to its bound by what its tokens are, not by its characters", async () => {
    const standIn = await server(counting, [chooses]);
    const service = await inference("arch-router-v1", standIn);
    await decided(await ask(service, asking("x")));
    await decided(await ask(service, asking("word ".repeat(60))));
    const [short = 0, long = 0] = standIn.asked.map(({ body }) => JSON.stringify(body["messages"]).length);
    expect(long - short).toBeGreaterThan(60);
    expect(long - short).toBeLessThan(150);
  });

  test("is not asked about policies that fill the window", async () => {
    const standIn = await server(counting, [chooses]);
    const service = await deployed({ format: "arch-router-v1" }, standIn);
    const policies = cases.apart.policies.map((policy) => ({ ...policy, description: "long ".repeat(100) }));
    expect(await refused(await ask(service, { ...cases.apart, policies }))).toMatchObject({
      status: 400,
      code: "invalid_request",
      param: "policies",
    });
    expect(standIn.asked).toEqual([]);
  });
});

test("policies that fill the window are said to be too long", async () => {
  const tiny: Answer = (asked, response) => {
    const tokens = Array.from({ length: 60 }, (_, index) => index + 10);
    const counted = json(200, JSON.stringify({ count: 60, max_model_len: 64, tokens }));
    (asked.path === "/tokenize" ? counted : playback("arch-router-v1"))(asked, response);
  };
  const probed: Answer = (asked, response) =>
    (JSON.stringify(asked.body).includes("Bergen?") ? playback("arch-router-v1") : tiny)(asked, response);
  const service = await inference("arch-router-v1", await server(probed));
  expect(await refused(await ask(service, cases.apart))).toMatchObject({
    status: 400,
    code: "invalid_request",
    param: "policies",
  });
});
