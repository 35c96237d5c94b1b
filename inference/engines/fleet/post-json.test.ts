import { expect, test } from "vitest";
import { postJson } from "./post-json.ts";

const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

const asked = async (headers: Record<string, string>) => {
  const fetch = () => Promise.resolve(new Response("", { status: 503, headers }));
  const { signal } = new AbortController();
  return postJson({ fetch }, "http://router.example", { body: "{}", apiKey: undefined, signal });
};

test.each<[string, Record<string, string>, number]>([
  ["seconds", { "retry-after": "7" }, 7],
  ["a date, by the server's own clock", { "retry-after": "Sun, 06 Nov 1994 08:50:07 GMT", date: DATE }, 30],
  ["a date that has passed", { "retry-after": "Sun, 06 Nov 1994 08:00:00 GMT", date: DATE }, 1],
  ["a date without a clock to read it by", { "retry-after": DATE }, 1],
  ["nothing that can be read", { "retry-after": "soon" }, 1],
  ["nothing", {}, 1],
])("a server that says when to come back with %s is believed", async (_name, headers, seconds) => {
  expect(await asked(headers)).toEqual({ status: 503, retryAfterSeconds: seconds, body: "" });
});

test("an answer larger than any can be is no answer", async () => {
  const fetch = () => Promise.resolve(new Response("x".repeat(5 * 1024 * 1024)));
  const { signal } = new AbortController();
  expect(await postJson({ fetch }, "http://router.example", { body: "{}", apiKey: "k", signal })).toBeNull();
});
