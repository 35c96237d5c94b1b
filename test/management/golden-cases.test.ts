import { beforeEach, describe, expect, it } from "vitest";
import { mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const user = (content: string) => ({ role: "user", content });
const CASE = { name: "clause", messages: [user("Is clause 7 risky?")], expected: ["contracts"] };
const THREAD = {
  name: null,
  messages: [user("Fix this loop"), { role: "assistant", content: "Done." }, user("Thanks"), user("Hm")],
  expected: ["code", "other", null],
};
const ROUTER = "/routers/default/golden-cases";
const LINES = { "content-type": "application/jsonl" };

describe("golden cases", () => {
  let tenant: TestTenant;
  let other: TestTenant;
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    for (const each of [tenant, other]) await each.api("/routers", { body: { slug: "default" } });
  });

  const add = (body: unknown, of = tenant): Promise<Answer> => of.api(ROUTER, { body });
  const bulk = (lines: readonly unknown[], query = "", headers = {}): Promise<Answer> =>
    tenant.api(`${ROUTER}/import${query}`, {
      method: "POST",
      body: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
      headers: { ...LINES, ...headers },
    });
  const exported = async (of = tenant): Promise<unknown[]> => {
    const { status, headers, body } = await of.api(`${ROUTER}?format=jsonl`);
    expect([status, headers.get("content-type")]).toEqual([200, "application/jsonl"]);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return text.split("\n").flatMap((line): unknown[] => (line === "" ? [] : [JSON.parse(line)]));
  };

  it("are written, read, replaced by who has seen them, and deleted", async () => {
    const made = await add(THREAD);
    expect(made).toMatchObject({ status: 201, body: THREAD });
    const path = `${ROUTER}/${String(made.body.id)}`;
    const read = await tenant.api(path);
    expect([read.body, read.headers.get("etag")]).toEqual([made.body, made.headers.get("etag")]);
    const put = (match?: string | null) =>
      tenant.api(path, { method: "PUT", body: CASE, ...(match && { headers: { "if-match": match } }) });
    expectProblem(await put(), 428, "precondition_required");
    const replaced = await put(read.headers.get("etag"));
    expect(replaced).toMatchObject({ status: 200, body: CASE });
    expectProblem(await put(read.headers.get("etag")), 412, "precondition_failed");
    expect((await put(replaced.headers.get("etag"))).headers.get("etag")).toBe(replaced.headers.get("etag"));
    expect((await tenant.api(path, { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api(path), 404, "not_found");
    const trail = (await tenant.api("/audit-log?limit=3")).body.data as { action: string }[];
    expect(trail.map(({ action }) => action)).toEqual([
      "golden_case.delete",
      "golden_case.replace",
      "golden_case.create",
    ]);
    expect(JSON.stringify(trail)).not.toMatch(/Fix this loop|clause 7/);
  });

  it("are listed by cursors, newest first", async () => {
    const ids: string[] = [];
    for (const expected of ["a", "b", "c"]) ids.push((await add({ ...CASE, expected: [expected] })).body.id as string);
    const first = await tenant.api(`${ROUTER}?limit=2`);
    const rest = await tenant.api(`${ROUTER}?limit=2&cursor=${String(first.body.next_cursor)}`);
    const seen = [...first.body.data, ...rest.body.data] as { id: string }[];
    expect(seen.map(({ id }) => id)).toEqual(ids.toSorted().toReversed());
    expect(rest.body.next_cursor).toBeNull();
  });

  it("are imported all at once, exported as they were written, and replaced as a whole", async () => {
    await add(CASE);
    const many = Array.from({ length: 250 }, (_, index) => ({ ...THREAD, name: `case ${String(index)}` }));
    expect((await bulk(many)).body).toEqual({ imported: 250 });
    expect(await exported()).toEqual([CASE, ...many]);
    expect((await bulk([THREAD, "", CASE], "?replace=true")).body).toEqual({ imported: 2 });
    expect(await exported()).toEqual([THREAD, CASE]);
    expect(await exported(other)).toEqual([]);
  });

  it("are imported once under one Idempotency-Key", async () => {
    const once = { "idempotency-key": "a" };
    expect([await bulk([CASE], "", once), await bulk([CASE], "", once)]).toMatchObject([
      { status: 200, body: { imported: 1 } },
      { status: 200, body: { imported: 1 } },
    ]);
    expectProblem(await bulk([THREAD], "", once), 422, "idempotency_key_reused");
    expect(await exported()).toEqual([CASE]);
  });

  it("are not imported at all when one line is wrong, and the refusal names line and field", async () => {
    const refused = await bulk([
      CASE,
      "{nope",
      { ...CASE, expected: [] },
      { ...THREAD, expected: ["code", "x"] },
      { ...CASE, messages: [{ role: "system", content: "x" }] },
      { ...CASE, more: 1 },
      '{"messages":[{"role":"user","content":"\\u0000"}],"expected":["a"]}',
    ]);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual(
      expect.arrayContaining([
        "/2",
        "/3/expected",
        "/4/expected",
        "/5/messages/0/role",
        "/6/more",
        "/7/messages/0/content",
      ]),
    );
    expect(await exported()).toEqual([]);
  });

  it.each([
    ["nothing", [], 422, "validation_failed"],
    ["too many lines", Array.from({ length: 1_001 }, () => "{}"), 422, "validation_failed"],
    ["too many bytes", ["x".repeat(8 * 1024 * 1024 + 1)], 413, "request_too_large"],
  ] as const)("an import of %s is refused", async (_name, lines, status, code) => {
    expectProblem(await bulk(lines), status, code);
  });

  it("an import as another media type is refused", async () => {
    const wrong = { "content-type": "text/csv" };
    expectProblem(await bulk([CASE], "", wrong), 415, "unsupported_media_type");
  });

  it.each([
    ["fewer expectations than user messages", { ...THREAD, expected: ["code"] }, "/expected"],
    ["nothing to score", { ...CASE, expected: [null] }, "/expected"],
    ["a name that no policy can have", { ...CASE, expected: ["a<b>"] }, "/expected/0"],
    ["no user message", { messages: [{ role: "assistant", content: "x" }], expected: ["a"] }, "/expected"],
    ["a blank name", { ...CASE, name: " " }, "/name"],
  ])("are refused with %s", async (_name, body, pointer) => {
    const refused = await add(body);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toContain(pointer);
  });

  it("are no longer than 100,000 characters together, one by one or in an import", async () => {
    const long = {
      ...CASE,
      messages: Array.from({ length: 6 }, () => user("x".repeat(20_000))),
      expected: Array(6).fill("code"),
    };
    expect(pointers(await add(long))).toEqual(["/messages"]);
    expect(pointers(await bulk([CASE, long]))).toEqual(["/2/messages"]);
    expect((await add({ ...long, messages: long.messages.slice(1), expected: long.expected.slice(1) })).status).toBe(
      201,
    );
  });

  it("are exported each once while more come in, and their list leads on from where it was", async () => {
    for (let at = 0; at < 3; at += 1) await add({ ...CASE, name: `old ${String(at)}` });
    const first = await tenant.api(`${ROUTER}?limit=2`);
    await add({ ...CASE, name: "new" });
    const rest = await tenant.api(`${ROUTER}?limit=2&cursor=${String(first.body.next_cursor)}`);
    const names = [...first.body.data, ...rest.body.data].map(({ name }: { name: string }) => name);
    expect(names).toEqual(["old 2", "old 1", "old 0"]);
    expect(rest.body.next_cursor).toBeNull();
    expect((await exported()).map((line) => (line as { name: string }).name)).toEqual([
      "old 0",
      "old 1",
      "old 2",
      "new",
    ]);
  });

  it("are imported by POST alone, though a case's address has the same form", async () => {
    const refused = await tenant.api(`${ROUTER}/import`, { method: "PATCH" });
    expectProblem(refused, 405, "method_not_allowed");
    expect(refused.headers.get("allow")).toBe("POST");
    const named = await tenant.api(`${ROUTER}/gld_${"0".repeat(26)}`, { method: "PATCH" });
    expect(named.headers.get("allow")).toBe("GET, HEAD, PUT, DELETE");
  });

  it("are not another tenant's, nor another router's, and go with their router", async () => {
    const id = (await add(CASE)).body.id as string;
    await tenant.api("/routers", { body: { slug: "second" } });
    for (const [of, slug] of [
      [other, "default"],
      [tenant, "second"],
    ] as const) {
      const path = `/routers/${slug}/golden-cases/${id}`;
      expectProblem(await of.api(path), 404, "not_found");
      expectProblem(await of.api(path, { method: "DELETE" }), 404, "not_found");
      const put = { method: "PUT", body: CASE, headers: { "if-match": "*" } };
      expectProblem(await of.api(path, put), 404, "not_found");
      expect((await of.api(`/routers/${slug}/golden-cases`)).body.data).toEqual([]);
    }
    expect((await tenant.api("/routers/default", { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api(ROUTER), 404, "not_found");
    expectProblem(await tenant.api(`${ROUTER}?format=jsonl`), 404, "not_found");
  });
});
