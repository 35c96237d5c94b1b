/** What requests are made about, as no generator comes up with what is there. Names are the tenant's own. */
const DOCUMENT = {
  policies: [{ name: "code", description: "Write or repair a program" }],
  targets: { code: { model: "schemathesis" } },
  fallback: { model: "schemathesis" },
};
const CASE = { messages: [{ role: "user", content: "Sort a list" }], expected: ["code"] };
const MADE = [
  ["POST", "providers", { slug: "schemathesis", kind: "echo" }],
  ["POST", "models", { slug: "schemathesis", provider: "schemathesis", upstream_model: "echo" }],
  ["POST", "routers", { slug: "schemathesis" }],
  ["PUT", "routers/schemathesis/document", DOCUMENT],
  ["POST", "routers/schemathesis/golden-cases", CASE],
] as const;
const CONFLICT = 409;

interface Keys {
  readonly data: readonly { readonly id: string; readonly prefix: string }[];
  readonly next_cursor: string | null;
}

/** Makes a published router of one policy unless it is there; gives the id of `key`, which a run must not end. */
export async function prepare(url: string, key: string): Promise<string> {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "if-match": "*" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(new URL(`/api/v1/${path}`, url), { method, headers, ...sent });
    if (answer.ok || (method === "POST" && answer.status === CONFLICT)) return answer.json();
    throw new Error(`${method} /api/v1/${path} answered ${String(answer.status)}: ${await answer.text()}`);
  };
  for (const [method, path, body] of MADE) await call(method, path, body);
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = (await call("GET", `keys?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)) as Keys;
    const own = page.data.find(({ prefix }) => key.startsWith(prefix));
    if (own !== undefined) return own.id;
    cursor = page.next_cursor;
  }
  throw new Error("the key of SIGNALBOX_KEY is not among its tenant's keys");
}
