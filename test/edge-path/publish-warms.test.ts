import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "../faults/own-workerd.ts";
import { stack } from "../stack/provided.ts";
import { callAt, mintTenant } from "../stack/tenant.ts";

interface Passed {
  readonly path: string;
  readonly body: { readonly policies?: readonly { readonly name: string }[] };
  readonly status: number;
}

/** What the worker has asked the inference service for, which answers as ever. */
const passed: Passed[] = [];
let between: Server;
let ground: Ground;
let worker: OwnWorkerd;

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", url = "/", headers } = request;
  const body = await text(request);
  const answer = await fetch(stack().inferenceUrl + url, {
    method,
    headers: { authorization: headers.authorization ?? "", "content-type": "application/json" },
    ...(method === "GET" ? {} : { body }),
  });
  const answered = await answer.text();
  passed.push({ path: url, body: JSON.parse(body || "{}") as Passed["body"], status: answer.status });
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answered);
}

beforeAll(async () => {
  between = createServer((request, response) => void passOn(request, response));
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
  ground = await prepareGround();
  const inferenceUrl = `http://127.0.0.1:${String((between.address() as AddressInfo).port)}`;
  worker = await startOwnWorkerd(ground, "publishing", { inferenceUrl });
});
afterAll(async () => {
  await kill(worker);
  between.closeAllConnections();
  between.close();
  await ground.remove();
});

it("a published version is prepared by the inference service before its publish is answered", async () => {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  await tenant.model({ slug: "echo", provider: "echo" });
  const document = {
    policies: [{ name: "aquariums", description: "Fish, water plants and the filter of a tank" }],
    targets: { aquariums: { model: "echo" } },
    fallback: { model: "echo" },
  };
  await tenant.api("/routers", { body: { slug: "default" } });
  const headers = { "if-match": "*" };
  const written = await tenant.api("/routers/default/draft", { method: "PUT", body: document, headers });
  expect(written.status).toBe(200);
  const path = "/api/v1/routers/default/publish";
  const published = await callAt(worker.baseUrl, path, tenant.adminKey, { body: {} });
  expect(published.status, JSON.stringify(published.body)).toBe(201);
  const prepared = passed.filter(({ path }) => path === "/v1/prepare");
  expect(prepared).toMatchObject([{ body: { policies: [{ name: "aquariums" }] }, status: 200 }]);
});
