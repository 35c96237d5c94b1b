/**
 * The least that a gateway on this runtime can cost: Hono passes a request on to the provider and its answer back,
 * untouched. `/parsed` reads the body and parses it on the way, as anything must that looks at a conversation.
 */
import { Hono } from "hono";

const app = new Hono<{ Bindings: { UPSTREAM: string } }>();

app.post("/v1/chat/completions", (c) => pass(c.env.UPSTREAM, c.req.raw.body));
app.post("/parsed/v1/chat/completions", async (c) => {
  const text = await c.req.text();
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" ? pass(c.env.UPSTREAM, text) : c.body(null, 400);
});
app.get("/healthz", (c) => c.text("ok"));

async function pass(upstream: string, body: string | ReadableStream<Uint8Array> | null): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${upstream}/chat/completions`, { method: "POST", headers, body, redirect: "manual" });
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

export default app;
