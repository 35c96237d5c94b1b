import { expect, test } from "vitest";
import { manualDeps } from "../../../test/inference/manual-deps.ts";
import { answersOf } from "../../../test/inference/writing-model.ts";
import { deploymentsSchema } from "../deployments.ts";
import { createVllmEngine } from "./vllm-engine.ts";

const WELL = new Map([
  ["/health", ""],
  ["/metrics", ""],
]);

/** An engine whose servers are ready, of which the first that is then asked for tokens says nothing. */
async function withFirstServerMute(baseUrls: readonly string[]) {
  const deps = manualDeps();
  const answer = answersOf('{"route": "trains"}');
  const asked: string[] = [];
  let ready = false;
  const fetch: typeof globalThis.fetch = (url, init) => {
    const { origin, pathname } = new URL(url);
    const well = WELL.get(pathname);
    if (well !== undefined) return Promise.resolve(new Response(well));
    if (ready && !asked.includes(origin)) asked.push(origin);
    if (ready && pathname === "/tokenize" && origin === asked[0]) return untilCalledOff(init?.signal);
    const { status, body } = answer(pathname, JSON.parse(init?.body as string));
    return Promise.resolve(new Response(body, { status }));
  };
  const [deployment] = deploymentsSchema.parse([{ name: "big", baseUrls, model: "m", format: "arch-router-v1" }]);
  if (deployment?.kind !== "vllm") throw new Error("not a deployment of vLLM");
  const engine = createVllmEngine(deployment, { ...deps, fetch, newId: () => "id" });
  await engine.start();
  while (deps.logged.filter(({ event }) => event === "replica").length < baseUrls.length) await deps.advance(0);
  ready = true;
  return { deps, engine, asked };
}

function untilCalledOff(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new DOMException("called off", "AbortError")), { once: true });
  });
}

test("a policy set waits a moment for a server that says nothing, then has its tokens named by the next", async () => {
  const { deps, engine, asked } = await withFirstServerMute(["http://a", "http://b"]);
  const policies = ["weather", "trains"].map((name) => ({ name, description: "" }));
  let prepared: Awaited<ReturnType<typeof engine.prepare>> | undefined;
  void engine.prepare({ policies, digest: "set" }).then((set) => (prepared = set));
  await deps.advance(199);
  expect([asked.length, prepared]).toEqual([1, undefined]);
  await deps.advance(1);
  for (let turn = 0; turn < 100 && prepared === undefined; turn += 1) await deps.advance(0);
  expect(asked).toHaveLength(2);
  expect(prepared?.candidates).toMatchObject({ tree: { options: [0, 1, 2] } });
  expect(deps.now()).toBe(200);
});
