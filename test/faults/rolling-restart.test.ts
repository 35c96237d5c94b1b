import { request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { connect, rows } from "../database/connect.ts";
import { startInference, TOKEN, type InferenceProcess } from "../inference/inference-process.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { StandIn } from "../upstreams/stand-in.ts";
import { Balancer } from "./balancer.ts";
import { kill, prepareGround, startOwnWorkerd } from "./own-workerd.ts";
import { startServe } from "./serve-process.ts";

/** What a replica goes on for after SIGTERM: much longer than the balancer takes to look. */
const NOTICE_MS = 2_000;

const document: RouterDocumentInput = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "echo-large" } },
  fallback: { model: "echo-small" },
  settings: { deadline_ms: 10_000 },
};

let admin: pg.Client;
let folder: string;
let tenant: TestTenant;
let key: string;
beforeAll(async () => {
  [admin, folder] = await Promise.all([connect("admin"), mkdtemp(join(tmpdir(), "signalbox-rolling-"))]);
  ({ tenant, inferenceKey: key } = await mintEchoTenant(document));
});
afterAll(async () => {
  await admin.end();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly source: string | undefined;
  readonly decision: string;
  readonly text: string;
  /** The server has said that it takes no other request on this connection. */
  readonly closes: boolean;
}

/** One request on a connection of its own; rejects when that breaks. */
function ask(url: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const asking = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => {
        const header = (name: string): string | undefined => response.headers[`x-signalbox-${name}`]?.toString();
        resolve({
          status: response.statusCode ?? 0,
          source: header("source"),
          decision: header("decision") ?? "",
          text,
          closes: response.headers.connection === "close",
        });
      });
    });
    asking.on("error", reject);
    asking.end(JSON.stringify(body));
  });
}

let turns = 0;
const turn = (model = "auto") => ({
  model,
  messages: [{ role: "user" as const, content: `When does parcel ${String((turns += 1))} arrive?` }],
});

/** One request of the official client, which keeps its connections and has its default settings. */
async function askBySdk(client: OpenAI, body: ReturnType<typeof turn>): Promise<Answer> {
  const { response } = await client.chat.completions.create(body).withResponse();
  const header = (name: string): string => response.headers.get(`x-signalbox-${name}`) ?? "";
  const closes = response.headers.get("connection") === "close";
  return { status: response.status, source: header("source"), decision: header("decision"), text: "", closes };
}

/** Requests that follow each other until `stop`; gives all their answers. */
function flow(asking: () => Promise<Answer>): { stop: () => Promise<Answer[]> } {
  let going = true;
  const run = async (): Promise<Answer[]> => {
    const answers: Answer[] = [];
    while (going) answers.push(await asking());
    return answers;
  };
  const running = Promise.all([run(), run()]);
  running.catch(() => undefined);
  return {
    stop: async () => {
      going = false;
      return (await running).flat();
    },
  };
}

describe("a rolling restart of inference", () => {
  it("loses no decision: every request is decided by the engine", async () => {
    const start = (): Promise<InferenceProcess> => startInference({ DRAIN_NOTICE_MS: String(NOTICE_MS) });
    const [balancer, ground] = await Promise.all([Balancer.start(), prepareGround()]);
    let old = await start();
    await balancer.add(old.url);
    const worker = await startOwnWorkerd(ground, "worker", { inferenceUrl: balancer.url, inferenceToken: TOKEN });
    const traffic = flow(() => ask(worker.baseUrl, turn()));
    for (let restart = 0; restart < 2; restart += 1) {
      const next = await start();
      await balancer.add(next.url);
      old.signal("SIGTERM");
      expect(await old.exited).toBe(0);
      old = next;
    }
    const answers = await traffic.stop();
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.map(({ status, source }) => [status, source])).toEqual(answers.map(() => [200, "engine"]));
    await Promise.all([kill(worker), old.stop()]);
    balancer.close();
    await ground.remove();
  });
});

describe("a rolling restart of a self-hosted worker", () => {
  it("loses no request and no receipt, and lets a long stream go on to its end", async () => {
    const upstream = await StandIn.start();
    await tenant.provider({ slug: "slow", kind: "openai-compatible", base_url: upstream.baseUrl });
    await tenant.model({ slug: "slow", provider: "slow" });
    const draining = Promise.withResolvers<undefined>();
    upstream.answer(async (call) => {
      const stream = call.body.includes('"stream":true') ? call.openStream() : null;
      stream?.write(STREAMS.truncated);
      await draining.promise;
      if (stream === null) call.json(ANSWER);
      else stream.end(STREAMS.text);
    });

    const balancer = await Balancer.start();
    const old = await startServe(join(folder, "old"), {}, NOTICE_MS);
    await balancer.add(old.url);
    const long = ask(balancer.url, { ...turn("slow"), stream: true });
    const whole = ask(balancer.url, turn("slow"));
    const sdk = new OpenAI({ apiKey: key, baseURL: `${balancer.url}/v1` });
    const flows = [flow(() => ask(balancer.url, turn("echo-small"))), flow(() => askBySdk(sdk, turn("echo-small")))];
    const next = await startServe(join(folder, "next"), {}, NOTICE_MS);
    await balancer.add(next.url);
    old.terminate();
    // The stream goes on after the process has stopped taking connections.
    await gone(old.url);
    draining.resolve(undefined);
    // While its provider says nothing, the stream is sent comments.
    expect((await long).text.replaceAll(": waiting for the provider\n\n", "")).toBe(STREAMS.truncated + STREAMS.text);
    // Who keeps connections is told, with the answer, not to send another request on this one.
    expect(await whole).toMatchObject({ status: 200, text: ANSWER, closes: true });
    expect(await old.exited).toBe(0);
    expect(old.logs.at(-1)).toMatchObject({ event: "stopped", receipts_left: 0 });
    const answers = (await Promise.all(flows.map(({ stop }) => stop()))).flat();
    expect(answers.length).toBeGreaterThan(2);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));

    next.terminate();
    expect(await next.exited).toBe(0);
    balancer.close();
    await upstream.stop();
    const ids = [...answers, await long, await whole].map(({ decision }) => decision);
    const stored = await rows<{ n: number }>(
      admin,
      "SELECT count(*)::integer AS n FROM signalbox.decisions WHERE id = ANY($1)",
      [ids],
    );
    expect(stored).toEqual([{ n: ids.length }]);
  });

  /** Nothing takes connections there any more. */
  async function gone(url: string): Promise<void> {
    for (;;) {
      const answered = await fetch(`${url}/healthz`, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(1_000),
      }).then(
        (response) => response.ok,
        () => false,
      );
      if (!answered) return;
    }
  }
});
