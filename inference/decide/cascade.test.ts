import { describe, expect, test } from "vitest";
import { manualDeps } from "../../test/inference/manual-deps.ts";
import type { DecideResponse, UnsureReason } from "../contract/index.ts";
import type { DecideInput } from "../engines/engine.ts";
import { deadlineExceeded, ok, refuse } from "../errors.ts";
import type { Result } from "../errors.ts";
import { createCascade } from "./cascade.ts";
import type { ServedEngine, Traits } from "./served-engine.ts";

const policies = [
  { name: "a", description: "" },
  { name: "b", description: "" },
];

const said = (engine: string, a: number, rest: Partial<DecideResponse> = {}): Result<DecideResponse> =>
  ok({
    scores: [
      { policy: "a", probability: a },
      { policy: "b", probability: 1 - a },
      { policy: null, probability: 0 },
    ],
    engine: `${engine}@1`,
    escalated: false,
    timings: {},
    ...rest,
  });

type Decide = (input: DecideInput) => Promise<Result<DecideResponse>>;

function engineThat(name: string, decide: Decide) {
  const asked: DecideInput[] = [];
  const engine: ServedEngine = {
    name,
    version: "1",
    reads: {},
    traits: {},
    hosted: false,
    start: () => Promise.resolve(),
    stop: () => undefined,
    ready: () => true,
    load: () => ({ running: 0, waiting: 0, policyCacheBytes: 0 }),
    decide: (_policies, input) => {
      asked.push(input);
      return decide(input);
    },
    prepare: () => Promise.resolve(ok(`prepared by ${name}`)),
    similarity: () => Promise.resolve(ok([[1]])),
  };
  return { engine, asked };
}

function setUp(first: Result<DecideResponse> | Decide, second: Decide, traits: Traits = {}) {
  const deps = manualDeps();
  const quick = engineThat("embedded", typeof first === "function" ? first : () => Promise.resolve(first));
  const big = engineThat("big", second);
  const cascade = createCascade({
    name: "cascade",
    first: quick.engine,
    second: { ...big.engine, traits },
    escalateBelow: 0.6,
    ...deps,
  });
  const ask = (rest: Partial<DecideInput> = {}) =>
    cascade.decide(policies, {
      conversation: [{ role: "user", content: "hello" }],
      isolation: "t",
      signal: deps.timeout(100),
      deadlineAt: deps.now() + 100,
      ...rest,
    });
  return { deps, cascade, big, ask };
}

const never = (input: DecideInput): Promise<Result<DecideResponse>> =>
  new Promise((resolve) => {
    input.signal.addEventListener("abort", () => resolve(deadlineExceeded()), { once: true });
  });

const breaks = (): Promise<Result<DecideResponse>> => Promise.reject(new RangeError("all that was said"));
const BROKEN = { level: "error", event: "engine_broken", kind: "RangeError" };

describe("the first engine's answer", () => {
  test("stands when it is sure enough, and the bigger one is not asked", async () => {
    const { ask, big } = setUp(said("embedded", 0.6), never);
    expect(await ask()).toMatchObject({
      ok: true,
      value: { engine: expect.stringMatching(/^cascade@/), decidedBy: "embedded@1", escalated: false },
    });
    expect(big.asked).toEqual([]);
  });

  test("is measured by the router's threshold when it has one", async () => {
    const { ask, big } = setUp(said("embedded", 0.7), () => Promise.resolve(said("big", 0.9)));
    await ask({ escalateBelow: 0.5 });
    await ask({ escalateBelow: 0 });
    expect(big.asked).toHaveLength(0);
    await ask({ escalateBelow: 0.8 });
    expect(big.asked).toHaveLength(1);
  });

  test("is weighed as its caller will weigh it, and given as it was", async () => {
    const scores = [
      { policy: "a", probability: 0.65 },
      { policy: "b", probability: 0 },
      { policy: null, probability: 0.35 },
    ];
    const { ask, big } = setUp(said("embedded", 0.65, { scores }), () => Promise.resolve(said("big", 0.9)));
    // To 0.55 under a bias that makes `other` likelier, to 0.7 under the opposite one.
    expect(await ask({ otherBias: -0.42 })).toMatchObject({ value: { escalated: false, scores } });
    expect(big.asked).toHaveLength(0);
    expect(await ask({ otherBias: 0.42 })).toMatchObject({ value: { escalated: true } });
    expect(await ask({ otherBias: 3 })).toMatchObject({ value: { escalated: false, scores } });
  });

  test("does not stand when it is unsure for another reason", async () => {
    const { deps, ask, big } = setUp(said("embedded", 0.9, { unsureReason: "outside_options" }), never);
    void ask();
    await deps.advance(0);
    expect(big.asked).toHaveLength(1);
  });
});

describe("the bigger engine's answer", () => {
  test.each([
    [0.9, true],
    [0.2, false],
  ])("of %f for the first policy counts, and whether both agreed is told", async (probability, agreed) => {
    const tokens = { prompt: 300, cached: 0, completion: 1 };
    const { ask } = setUp(said("embedded", 0.55), () => Promise.resolve(said("big", probability, { tokens })));
    expect(await ask()).toMatchObject({
      ok: true,
      value: { decidedBy: "big@1", escalated: true, agreed, tokens, scores: [{ probability }, {}, {}] },
    });
  });

  test.each<[UnsureReason | "sure", UnsureReason | "sure"]>([
    ["sure", "refused"],
    ["outside_options", "sure"],
    ["outside_options", "refused"],
  ])("agrees and disagrees with nothing where the first one is %s and it is %s", async (...reasons) => {
    const [quick, better] = reasons.map((reason) => (reason === "sure" ? {} : { unsureReason: reason }));
    const { ask } = setUp(said("embedded", 0.55, quick), () => Promise.resolve(said("big", 0.9, better)));
    const answered = await ask();
    expect(answered).toMatchObject({ ok: true, value: { decidedBy: "big@1", escalated: true, ...better } });
    expect(answered.ok && "agreed" in answered.value).toBe(false);
  });

  test("does not hide what the first one has read, where that counts", async () => {
    const [few, many] = [
      { prompt: 60, cached: 0, completion: 1 },
      { prompt: 300, cached: 0, completion: 1 },
    ];
    const { ask } = setUp(said("embedded", 0.55, { tokens: few }), () =>
      Promise.resolve(said("big", 0.9, { tokens: many })),
    );
    expect(await ask()).toMatchObject({
      value: { tokens: many, tokensBefore: { engine: "embedded@1", tokens: few } },
    });
    expect(await ask({ escalateBelow: 0.1 })).toEqual({
      ok: true,
      value: expect.not.objectContaining({ tokensBefore: expect.anything() as object }) as object,
    });
  });

  test("is waited for until shortly before the deadline; then the first one's stands, marked late", async () => {
    const { deps, ask, big } = setUp(said("embedded", 0.55), never);
    let answered: Result<DecideResponse> | null = null;
    void ask().then((result) => (answered = result));
    await deps.advance(89);
    expect(answered).toBeNull();
    await deps.advance(1);
    expect(answered).toMatchObject({
      ok: true,
      value: {
        decidedBy: "embedded@1",
        escalated: true,
        unsureReason: "late",
        scores: [{ probability: 0.55 }, {}, {}],
      },
    });
    expect(big.asked[0]?.signal.aborted).toBe(true);
    expect(big.asked[0]?.deadlineAt).toBe(90);
  });

  test("is not waited for longer where its engine does not look at its signal", async () => {
    const answer = Promise.withResolvers<Result<DecideResponse>>();
    const { deps, ask } = setUp(said("embedded", 0.55), () => answer.promise);
    let answered: Result<DecideResponse> | null = null;
    void ask().then((result) => (answered = result));
    await deps.advance(90);
    expect(answered).toMatchObject({ ok: true, value: { decidedBy: "embedded@1", unsureReason: "late" } });
    answer.reject(new RangeError("all that was said"));
    await deps.advance(1);
    expect(deps.logged).toEqual([{ ...BROKEN, engine: "big" }]);
  });

  test("is not missed where its engine breaks: the first one's stands, and what broke is logged without its words", async () => {
    const { deps, ask } = setUp(said("embedded", 0.55), breaks);
    expect(await ask()).toMatchObject({ ok: true, value: { decidedBy: "embedded@1", unsureReason: "late" } });
    expect(deps.logged).toEqual([{ ...BROKEN, engine: "big" }]);
  });

  test("is not waited for when no time is left", async () => {
    const { ask, big } = setUp(said("embedded", 0.55), never);
    expect(await ask({ deadlineAt: 10 })).toMatchObject({ ok: true, value: { unsureReason: "late", escalated: true } });
    expect(big.asked).toEqual([]);
  });

  describe.each([{}, { unsureReason: "outside_options" }] as const)("where the first one says %j", (unsure) => {
    test.each(["overloaded", "engine_unavailable", "not_ready", "deadline_exceeded"] as const)(
      "and that is refused as %s leaves the first one's, marked late",
      async (code) => {
        const { ask } = setUp(said("embedded", 0.55, unsure), () => Promise.resolve(refuse(code, "No.")));
        expect(await ask()).toMatchObject({ ok: true, value: { decidedBy: "embedded@1", unsureReason: "late" } });
      },
    );
  });
});

describe("a first engine that does not answer", () => {
  test("leaves the decision to the bigger one", async () => {
    const { ask } = setUp(refuse("overloaded", "Busy."), () => Promise.resolve(said("big", 0.9)));
    const answered = await ask();
    expect(answered).toMatchObject({ ok: true, value: { decidedBy: "big@1", escalated: true } });
    expect(answered.ok && "agreed" in answered.value).toBe(false);
  });

  test("because it breaks leaves the decision to the bigger one", async () => {
    const { deps, ask } = setUp(breaks, () => Promise.resolve(said("big", 0.9)));
    expect(await ask()).toMatchObject({ ok: true, value: { decidedBy: "big@1", escalated: true } });
    expect(deps.logged).toEqual([{ ...BROKEN, engine: "embedded" }]);
  });

  test("beside a bigger one that breaks too is an error of ours, and beside one that is late a deadline's", async () => {
    expect(await setUp(breaks, breaks).ask()).toMatchObject({ ok: false, refusal: { code: "internal_error" } });
    const { deps, ask } = setUp(breaks, () => Promise.withResolvers<Result<DecideResponse>>().promise);
    const asked = ask();
    await deps.advance(90);
    expect(await asked).toMatchObject({ ok: false, refusal: { code: "deadline_exceeded" } });
  });

  test("because its window is too small leaves the decision to the bigger one", async () => {
    const tooLong = refuse("invalid_request", "Too long.", { param: "conversation" });
    const { ask } = setUp(tooLong, () => Promise.resolve(said("big", 0.9)));
    expect(await ask()).toMatchObject({ ok: true, value: { decidedBy: "big@1", escalated: true } });
  });

  test.each([
    ["invalid_request", "overloaded", "overloaded"],
    ["invalid_request", "deadline_exceeded", "deadline_exceeded"],
    ["overloaded", "invalid_request", "overloaded"],
    ["invalid_request", "invalid_request", "invalid_request"],
    ["overloaded", "not_ready", "not_ready"],
  ] as const)("for %s beside a bigger one that does not for %s is %s", async (quick, better, told) => {
    const { ask } = setUp(refuse(quick, "No."), () => Promise.resolve(refuse(better, "No.")));
    expect(await ask()).toMatchObject({ ok: false, refusal: { code: told } });
  });

  test("says so itself, and when to come back, where the bigger one may not be asked", async () => {
    const busy = refuse("overloaded", "Busy.", { retryAfterSeconds: 3 });
    const { ask, big } = setUp(busy, () => Promise.resolve(said("big", 0.9)), { paid: true });
    expect(await ask()).toEqual(busy);
    expect(big.asked).toEqual([]);
    expect(await ask({ paidEngines: ["big"] })).toMatchObject({ ok: true, value: { decidedBy: "big@1" } });
  });
});

test("both engines are prepared, and texts compared by the first", async () => {
  const { cascade } = setUp(said("embedded", 0.9), never);
  expect(await cascade.prepare(policies)).toEqual(ok("prepared by embedded"));
  expect(await cascade.similarity(policies)).toEqual(ok([[1]]));
});
