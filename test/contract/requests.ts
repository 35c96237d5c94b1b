import fc from "fast-check";
import type { ApiDocument, Parameter } from "../management/api-document.ts";
import { pathOf, requestNaming, type Fixtures, type Operation } from "../management/operations.ts";
import type { RawRequest } from "./raw-request.ts";
import { HOSTILE, spoiled, valuesOf } from "./schema-values.ts";

type Schemas = ApiDocument["components"]["schemas"];

/** The request that an operation's example makes, at the objects of `fixtures`. */
export function plainRequest(operation: Operation, fixtures: Fixtures, key: string): RawRequest {
  const { body, headers } = requestNaming(operation, fixtures);
  return {
    method: operation.method,
    path: pathOf(operation, fixtures),
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** A request that says nothing of its body's type. */
export function untyped(request: RawRequest): RawRequest {
  const headers = Object.entries(request.headers).filter(([name]) => name !== "content-type");
  return { ...request, headers: Object.fromEntries(headers) };
}

/** Requests of an operation from the plain one to ones that make no sense at all, by its description. */
export function requestsOf(operation: Operation, plain: RawRequest, schemas: Schemas): fc.Arbitrary<RawRequest> {
  const { parameters = [] } = operation.described;
  return fc
    .record({
      path: mostly(fc.constant(plain.path), paths(operation, parameters)),
      query: query(parameters, schemas),
      body: bodies(operation, plain, schemas),
      headers: headers(parameters, plain),
    })
    .map(({ path, query: asked, body, headers: given }) => ({
      method: plain.method,
      path: `${path}${asked}`,
      headers: { ...given, ...body.headers },
      body: body.body,
    }));
}

const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: rare });

const HOSTILE_TEXT = fc.oneof(
  fc.constantFrom("", " ", "\u0000", "%", "a/b", "../..", "null", "-1", "0", "1e3", "9".repeat(30), "x".repeat(3_000)),
  fc.constantFrom("key_01k9zq3m8v7x5t2r4w6y8a0b1c", "' or '1'='1", "💥", "é", "__proto__", "draft", "*"),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 30 }).filter((text) => text.isWellFormed()),
);

/** An empty segment or one of dots alone is another path. */
const SEGMENT = HOSTILE_TEXT.filter((text) => !/^\.*$/.test(text));

function paths(operation: Operation, parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  return fc.tuple(...names.map(() => SEGMENT)).map((values) => {
    const filled = Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
    return operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(filled[name] ?? ""));
  });
}

function query(parameters: readonly Parameter[], schemas: Schemas): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const pair = (name: string, value: unknown): string =>
    `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;
  const pairs = known.map(({ name, schema }) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant<string[]>([]) },
      { weight: 3, arbitrary: valuesOf(schema, schemas).map((value) => [pair(name, value)]) },
      { weight: 1, arbitrary: HOSTILE_TEXT.map((value) => [pair(name, value)]) },
      {
        weight: 1,
        arbitrary: fc.tuple(valuesOf(schema, schemas), HOSTILE_TEXT).map((two) => two.map((v) => pair(name, v))),
      },
    ),
  );
  const unknown = mostly(
    fc.constant<string[]>([]),
    fc.constantFrom(["no_such=1"], ["%"], ["=&&=?"], ["limit[]=1"], ["cursor=a%00b"], ["__proto__=1"]),
  );
  return fc.tuple(...pairs, unknown).map((parts) => {
    const all = parts.flat();
    return all.length === 0 ? "" : `?${all.join("&")}`;
  });
}

type Headers = RawRequest["headers"];

const LATIN = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0xff })
    .filter((code) => code < 0x7f || code > 0xa0)
    .map((code) => String.fromCharCode(code)),
  maxLength: 40,
});
const HEADER = fc.oneof(
  LATIN,
  fc.constantFrom("", "*", '"a"', 'W/"a"', '"a", "b"', "x".repeat(300), "x".repeat(5_000)),
);

function headers(parameters: readonly Parameter[], plain: RawRequest): fc.Arbitrary<Headers> {
  const known = parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);
  const other = ["accept", "x-request-id", "origin", "if-none-match", "content-encoding", "x-forwarded-for"];
  const values: fc.Arbitrary<string | string[]> = fc.oneof(HEADER, fc.array(HEADER, { minLength: 2, maxLength: 2 }));
  const given = fc.dictionary(fc.constantFrom(...known, ...other), values, { maxKeys: 4 });
  const usual = untyped(plain).headers;
  const { authorization = "" } = usual;
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: given.map((more): Headers => ({ ...usual, ...more })) },
    { weight: 1, arbitrary: fc.constant<Headers>({ authorization }) },
  );
}

interface Body {
  readonly body: RawRequest["body"];
  readonly headers: Headers;
}

const TYPES = [
  "application/json; charset=utf-8",
  "application/json;",
  "text/plain",
  "application/yaml",
  "application/merge-patch+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json, text/plain",
  "garbage",
  "",
];

const RAW = fc.oneof(
  fc.constantFrom(
    "",
    "{",
    "nul",
    '{"a":1}{"b":2}',
    "\ufeff{}",
    "a=b",
    "a: &b [*b]",
    "[".repeat(2_000),
    '{"a":1,"a":2}',
  ),
  fc.uint8Array({ maxLength: 50 }),
);

function bodies(operation: Operation, plain: RawRequest, schemas: Schemas): fc.Arbitrary<Body> {
  const typed = { "content-type": "application/json" };
  const content = operation.described.requestBody?.content["application/json"];
  // What takes no body is sent one now and then, and what takes lines is sent other bodies than its example.
  if (content === undefined) {
    const { "content-type": lines } = plain.headers;
    return mostly(
      fc.constant<Body>({ body: plain.body, headers: lines === undefined ? {} : { "content-type": lines } }),
      RAW.map((body) => ({ body, headers: typed })),
    );
  }
  const example: unknown = JSON.parse(String(plain.body));
  const json = fc.oneof(
    { weight: 1, arbitrary: fc.constant(example) },
    { weight: 3, arbitrary: valuesOf(content.schema, schemas) },
    { weight: 4, arbitrary: spoiled(example) },
    { weight: 2, arbitrary: valuesOf(content.schema, schemas).chain(spoiled) },
    { weight: 1, arbitrary: HOSTILE },
  );
  const text = json.map((value) => JSON.stringify(value));
  const type = fc.constantFrom(...TYPES).map((value) => ({ "content-type": value }));
  return fc.oneof(
    { weight: 8, arbitrary: text.map((body) => ({ body, headers: typed })) },
    { weight: 1, arbitrary: RAW.map((body) => ({ body, headers: typed })) },
    { weight: 1, arbitrary: fc.record({ body: text, headers: type }) },
    { weight: 1, arbitrary: fc.record({ body: fc.option(text), headers: fc.constant({}) }) },
    { weight: 1, arbitrary: fc.record({ body: RAW, headers: type }) },
  );
}
