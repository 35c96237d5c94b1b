import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chat, receiptOf, useScene, type Scene } from "../completions/scene.ts";
import { stack } from "../stack/provided.ts";
import { call } from "../stack/tenant.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { leaksIn } from "./scan.ts";

const scene = useScene();

/** One for every place where words and secrets enter, told apart so that a find says where it came in. */
const CANARY = {
  user: "canary-user-3b1f the merger closes on friday",
  system: "canary-system-91aa you are a bank's assistant",
  tool: "canary-tool-77c0",
  file: "canary-file-5d2e.pdf",
  name: "canary-user-name-40ab",
  conversation: "canary-conversation-8e1d",
  credential: "sk-canary-credential-6f3a",
  answer: "canary-answer-2c9b from the provider",
  upstreamError: "canary-upstream-error-a4d7: key sk-canary-credential-6f3a is not valid",
  policy: "canary policy 19e6",
  description: "canary-description-b08c what users want",
  comment: "canary-comment-d3f5 it was wrong about my salary",
  query: "canary-query-e7a2",
} as const;

const messages = [
  { role: "system", content: CANARY.system },
  {
    role: "user",
    content: [
      { type: "text", text: CANARY.user },
      { type: "file", file: { filename: CANARY.file } },
    ],
  },
  {
    role: "assistant",
    tool_calls: [{ id: "c", type: "function", function: { name: CANARY.tool, arguments: CANARY.tool } }],
  },
  { role: "tool", tool_call_id: "c", content: CANARY.tool },
  { role: "user", content: CANARY.user },
];
const body = { messages, user: CANARY.name };
const headers = { "x-signalbox-conversation": CANARY.conversation };

/** Every way a request can end, and the writes that carry words. Gives the ids of the requests that were answered. */
async function sayEverything({ tenant, key, upstream }: Scene): Promise<string[]> {
  const ids: string[] = [];
  const note = (answer: { readonly headers: Headers }): void =>
    void ids.push(answer.headers.get("x-request-id") ?? "none");
  const ask = async (fields: object, given: Record<string, string> = headers): Promise<Response> => {
    const answer = await chat(key, { ...body, ...fields }, { headers: given });
    note(answer);
    return answer;
  };
  await tenant.provider({
    slug: "canary",
    kind: "openai-compatible",
    base_url: upstream.baseUrl,
    credential: CANARY.credential,
  });
  await tenant.model({ slug: "canary", provider: "canary", modalities: ["text", "file"] });
  const policies = [{ name: CANARY.policy, description: CANARY.description }];
  const target = { model: "canary" };
  const settings = { deadline_ms: 10_000 };
  await tenant.publish("canary", { policies, targets: { [CANARY.policy]: target }, fallback: target, settings });

  upstream.answer((received) => received.json(ANSWER.replace(/"content":\s*"[^"]*"/, `"content":"${CANARY.answer}"`)));
  const served = await ask({ model: "router/canary" });
  expect(served.status, await served.text()).toBe(200);
  await receiptOf(tenant, served);
  upstream.answer((received) => received.stream([STREAMS.text.replace("Grüße", CANARY.answer)]));
  await (await ask({ model: "router/canary", stream: true })).text();
  upstream.answer((received) => received.stream([STREAMS.truncated]));
  await (await ask({ model: "canary", stream: true })).text();
  for (const status of [400, 401, 404, 422, 429, 500]) {
    const said = { "content-type": "application/json", "retry-after": "60", "x-should-retry": "false" };
    upstream.answer((received) =>
      received.respond(status, said, JSON.stringify({ error: { message: CANARY.upstreamError } })),
    );
    await (await ask({ model: "canary" })).text();
    note(await tenant.api("/providers/canary/test", { body: { model: "canary" } }));
  }
  upstream.answer((received) => received.json(CANARY.answer));
  await (await ask({ model: "canary" })).text();
  upstream.answer((received) => received.cut());
  await (await ask({ model: "canary" })).text();

  for (const wrong of [{ model: CANARY.user }, { model: "auto", messages: CANARY.user }, { model: 1 }]) {
    expect((await ask(wrong)).status).toBeGreaterThanOrEqual(400);
  }
  note(await chat(key, `{"model":"auto","messages":"${CANARY.user}`, { headers }));
  note(await chat(key, body, { headers: { "x-signalbox-conversation": `${CANARY.conversation} !` } }));
  note(await call("/v1/route", key, { body: { ...body, model: "router/canary" }, headers }));
  note(await call(`/v1/models/${CANARY.query}?q=${CANARY.query}`, key));
  note(await call(`/api/v1/providers/${CANARY.query}`, tenant.adminKey));
  const decision = served.headers.get("x-signalbox-decision");
  note(await call("/v1/feedback", key, { body: { decision, score: -1, comment: CANARY.comment } }));
  note(await tenant.api("/routers/canary/dry-run", { body: { conversations: [{ messages }] } }));
  note(await tenant.api("/routers/canary/lint"));
  note(await tenant.api("/providers", { body: { slug: CANARY.user, kind: "none", credential: CANARY.credential } }));
  note(
    await tenant.api("/providers/canary", {
      method: "PATCH",
      body: { credential: CANARY.credential, kind: "nonsense" },
    }),
  );
  return ids;
}

describe("the logs of all parts", () => {
  it("tell of every request, and hold no key, credential, prompt, answer or name of a policy", async () => {
    const { key, tenant } = scene();
    const ids = await sayEverything(scene());
    expect(ids.length).toBeGreaterThan(25);
    expect(ids).not.toContain("none");
    const names = ["worker", "inference", "bridge", "postgres"] as const;
    const read = async () =>
      Promise.all(
        names.map(async (name) => ({ name, log: await readFile(join(stack().logDir, `${name}.log`), "utf8") })),
      );
    // Lines reach the files a little after the answers.
    const missing = async (): Promise<string[]> => {
      const logs = await read();
      return ids.filter((id) => !logs[0]!.log.includes(id));
    };
    await expect.poll(missing, { timeout: 20_000 }).toEqual([]);
    const forbidden = [...Object.values(CANARY), key, tenant.adminKey, stack().operatorKey, stack().inferenceToken];
    for (const { name, log } of await read()) expect(leaksIn(log, forbidden), name).toEqual([]);
  });
});
