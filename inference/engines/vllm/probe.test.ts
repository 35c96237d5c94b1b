import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { promptFormats } from "../../prompts/formats.ts";
import { createVllmClient } from "./client.ts";
import { probe } from "./probe.ts";

const recorded = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/vllm/${name}`, import.meta.url), "utf8");

type Answered = readonly [status: number, body: string] | "cut";
const TOKENIZED: Answered = [200, '{"count":3,"max_model_len":4096,"tokens":[1,9690,198]}'];
const NAMED: Answered = [200, readNext({ "token_id:9690": -1, "token_id:198": -2 })];
const CHOSEN: Answered = [200, recorded("chat-choice-weather.json")];
const NOT_FOUND: Answered = [404, recorded("error-detail.json")];

function readNext(shown: Record<string, number>): string {
  return JSON.stringify({ choices: [{ index: 0, text: "", logprobs: { tokens: [], top_logprobs: [shown] } }] });
}

/** What probing finds of a server that answers like this. */
function found(tokenize: Answered, complete: Answered, chat: Answered) {
  const answers = new Map([
    ["/tokenize", tokenize],
    ["/v1/completions", complete],
    ["/v1/chat/completions", chat],
  ]);
  const fetch = (url: string | URL | Request) => {
    const answer = answers.get(new URL(url).pathname) ?? NOT_FOUND;
    if (answer === "cut") return Promise.reject(new TypeError("terminated"));
    return Promise.resolve(new Response(answer[1], { status: answer[0] }));
  };
  const asked = { model: "smol", format: promptFormats["arch-router-v1"] };
  return probe(createVllmClient({ fetch }, undefined), "http://replica", asked, new AbortController().signal);
}

test("a server that shows the tokens it is asked about is read", async () => {
  expect(await found(TOKENIZED, NAMED, NOT_FOUND)).toBe("tokens");
});

describe("a server is constrained for as long as it stays, when", () => {
  test.each<[string, Answered, Answered]>([
    ["it refuses /tokenize with 404", NOT_FOUND, NAMED],
    ["its /tokenize is another server's", [200, '{"tokens":[]}'], NAMED],
    ["a gateway forbids /tokenize", [403, recorded("error-detail.json")], NAMED],
    ["it refuses /tokenize with 405", [405, recorded("error-detail.json")], NAMED],
    ["it refuses the step with 400", TOKENIZED, [400, recorded("error-bad-request.json")]],
    ["it refuses the step with 422", TOKENIZED, [422, recorded("error-detail.json")]],
    ["it refuses the step with 501", TOKENIZED, [501, recorded("error-not-implemented.json")]],
    ["it takes no notice of the tokens", TOKENIZED, [200, recorded("completions-choice.json")]],
    ["it shows one token of two", TOKENIZED, [200, readNext({ "token_id:9690": -1 })]],
    ["it has no log-probabilities", TOKENIZED, [200, '{"choices":[{"index":0,"text":"x","logprobs":null}]}']],
    ["it leaves log-probabilities out", TOKENIZED, [200, '{"choices":[{"index":0,"text":"x"}]}']],
  ])("%s", async (_what, tokenize, complete) => {
    expect(await found(tokenize, complete, CHOSEN)).toBe(tokenize === TOKENIZED ? "counted" : "constrained");
    expect(await found(tokenize, complete, [503, recorded("error-queue-full.json")])).toBeNull();
  });
});

describe("nothing is concluded of a server that chooses well, but whose", () => {
  const failures: { readonly what: string; readonly answer: Answered }[] = [
    { what: "fails", answer: [500, '{"error":{"message":"","type":"InternalServerError","param":null,"code":500}}'] },
    { what: "is refused for the load", answer: [429, recorded("error-queue-full.json")] },
    { what: "finds the queue full", answer: [503, recorded("error-queue-full.json")] },
    { what: "is refused for the key", answer: [401, recorded("error-unauthorized.json")] },
    { what: "is answered by a gateway", answer: [200, "<html>bad gateway</html>"] },
    { what: "is cut", answer: "cut" },
  ];
  test.each(failures)("/tokenize $what", async ({ answer }) => {
    expect(await found(answer, NAMED, CHOSEN)).toBeNull();
  });
  test.each(failures)("step $what", async ({ answer }) => {
    expect(await found(TOKENIZED, answer, CHOSEN)).toBeNull();
  });
});
