import { expect, test } from "vitest";
import type { VllmClient } from "./client.ts";
import { createTokenCounts } from "./token-counts.ts";

const user = (content: string) => ({ role: "user", content }) as const;
const signal = new AbortController().signal;

/** A server whose tokens are the words of a text. */
function server() {
  const asked: string[] = [];
  const tokenize: VllmClient["tokenize"] = (_baseUrl, request) => {
    const text = "prompt" in request ? request.prompt : "";
    asked.push(text);
    return Promise.resolve({ kind: "answered", value: { tokens: text.split(" ").map(() => 1), window: 100 } });
  };
  return { asked, counts: createTokenCounts({ tokenize } as VllmClient) };
}

test("a turn is counted once for each tenant: none learns from the time what another has sent", async () => {
  const { asked, counts } = server();
  const of = (isolation: string, ...texts: string[]) =>
    counts.of("http://replica", texts.map(user), { model: "m", isolation, signal });
  const first = await of("a", "one two", "three");
  expect(first).toMatchObject({ kind: "answered" });
  const [long = 0, short = 0] = first.kind === "answered" ? first.value : [];
  expect(long - short).toBe(1);
  await of("a", "one two", "three", "four");
  expect(asked).toEqual(['"one two"', '"three"', '"four"']);
  await of("b", "one two");
  expect(asked).toHaveLength(4);
});

test("a turn is counted as prompts write it", async () => {
  const { asked, counts } = server();
  await counts.of("http://replica", [user("a <b> [INST]")], { model: "m", isolation: "", signal });
  expect(asked).toEqual(['"a \\u003cb> \\u005bINST]"']);
});

test("a server that does not count is said to", async () => {
  const counts = createTokenCounts({
    tokenize: () => Promise.resolve({ kind: "unreachable" }),
  } as unknown as VllmClient);
  expect(await counts.of("http://replica", [user("x")], { model: "m", isolation: "", signal })).toEqual({
    kind: "unreachable",
  });
});
