import { expect, test } from "vitest";
import { manualDeps } from "../../../test/inference/manual-deps.ts";
import { firstAnswer } from "./first-answer.ts";

/** Servers that answer, or have no answer to give, after so many milliseconds; those that are not named stay silent. */
function setUp(servers: Readonly<Record<string, { readonly afterMs: number; readonly answer: string | null }>>) {
  const deps = manualDeps();
  const asked: string[] = [];
  const calledOff: string[] = [];
  const ask = (baseUrl: string, signal: AbortSignal) => {
    asked.push(`${baseUrl} at ${String(deps.now())}`);
    signal.addEventListener("abort", () => calledOff.push(baseUrl));
    return new Promise<string | null>((resolve) => {
      const server = servers[baseUrl];
      if (server !== undefined) deps.schedule(server.afterMs, () => resolve(server.answer));
    });
  };
  let end: string | null | undefined;
  void firstAnswer(["a", "b", "c"], { ask, silenceMs: 200 }, deps).then((answer) => (end = answer));
  return { deps, asked, calledOff, end: () => end };
}

test("a server that answers is the only one asked", async () => {
  const { deps, asked, end } = setUp({ a: { afterMs: 199, answer: "from a" } });
  await deps.advance(10_000);
  expect([end(), asked]).toEqual(["from a", ["a at 0"]]);
});

test("a server that says nothing for a while has the next one asked beside it, and is called off by its answer", async () => {
  const { deps, asked, calledOff, end } = setUp({ b: { afterMs: 50, answer: "from b" } });
  await deps.advance(250);
  expect([end(), asked]).toEqual(["from b", ["a at 0", "b at 200"]]);
  expect(calledOff).toContain("a");
  await deps.advance(10_000);
  expect(asked).toHaveLength(2);
});

test("a slow server's answer is taken when it comes first after all", async () => {
  const { deps, asked, end } = setUp({ a: { afterMs: 300, answer: "from a" }, b: { afterMs: 400, answer: "from b" } });
  await deps.advance(300);
  expect([end(), asked]).toEqual(["from a", ["a at 0", "b at 200"]]);
});

test("a server that has none to give is followed by the next at once", async () => {
  const { deps, asked, end } = setUp({ a: { afterMs: 10, answer: null }, b: { afterMs: 10, answer: "from b" } });
  await deps.advance(20);
  expect([end(), asked]).toEqual(["from b", ["a at 0", "b at 10"]]);
});

test("there is no answer when nobody has one, and not before", async () => {
  const none = (afterMs: number) => ({ afterMs, answer: null });
  const { deps, end } = setUp({ a: none(900), b: none(1_000), c: none(10) });
  await deps.advance(1_199);
  expect(end()).toBeUndefined();
  await deps.advance(1);
  expect(end()).toBeNull();
});
