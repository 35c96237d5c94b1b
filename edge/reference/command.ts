import type { ApiDocument } from "./document.ts";

type PathItem = NonNullable<ApiDocument["paths"]>[string];
export type Operation = NonNullable<PathItem["get"]>;

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** One operation of a document. */
export interface ListedOperation {
  readonly method: (typeof METHODS)[number];
  readonly path: string;
  readonly operation: Operation;
}

export const operationsOf = (document: ApiDocument): ListedOperation[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );

/** The objects that examples are about, by collection; ids come from the answers that created them. */
const ADDRESSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  tenants: { id: "$TENANT_ID" },
  keys: { id: "$KEY_ID" },
  providers: { slug: "openai" },
  models: { slug: "gpt-5-mini", id: "router/default" },
  routers: {
    slug: "default",
    name: "contract%20review",
    version: "1",
    a: "1",
    b: "draft",
    golden_case: "$GOLDEN_CASE_ID",
    evaluation: "$EVALUATION_ID",
    decision: "$DECISION_ID",
  },
  rollouts: { id: "$ROLLOUT_ID" },
  decisions: { id: "$DECISION_ID" },
  feedback: { id: "$FEEDBACK_ID" },
  "feedback-sources": { id: "$SOURCE_ID" },
  webhooks: { id: "$SOURCE_ID" },
};
/** Fields of example bodies that name what only the reader has. */
const NAMED: Readonly<Record<string, string>> = { decision: "$DECISION_ID" };
const KEYS: Readonly<Record<string, string>> = { operator: "$OPERATOR_KEY", inference: "$TENANT_KEY" };
/** Bodies longer than this, in characters, are written over several lines. */
const ONE_LINE = 90;

/** A command, and what it is an example of where an operation has several. */
interface Command {
  readonly about: string | null;
  readonly source: string;
}

/**
 * Examples of an operation as shell commands; none when the document gives no example of its body or of something in
 * its path. `$URL` is where the service is reached.
 */
export function commandsFor({ method, path, operation }: ListedOperation): Command[] {
  const collection = path.replace(/^\/((api\/)?v1\/)?/, "").split("/")[0] ?? "";
  const address = path.replaceAll(/\{(\w+)\}/g, (all, name: string) => ADDRESSED[collection]?.[name] ?? all);
  if (address.includes("{")) return [];
  return exampleBodies(operation).map(({ about, body }) => {
    const headers = [...authorization(operation), ...precondition(operation), ...required(operation)];
    if (body !== null) headers.push(`content-type: ${body.type}`);
    const start = `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$URL${address}"`;
    const lines = [start];
    if (headers.length > 0) lines.push(headers.map((header) => `-H "${header}"`).join(" "));
    if (body !== null) lines.push(`-d '${spelled(body.example)}'`);
    return { about, source: lines.join(" \\\n  ") };
  });
}

interface ExampleBody {
  readonly about: string | null;
  readonly body: { readonly type: string; readonly example: unknown } | null;
}

/** One without a body when the operation takes none; none when it takes one and has no example of it. */
function exampleBodies({ requestBody }: Operation): ExampleBody[] {
  if (requestBody === undefined) return [{ about: null, body: null }];
  if (!("content" in requestBody)) return [];
  const { content } = requestBody;
  const type = "application/json" in content ? "application/json" : Object.keys(content)[0];
  if (type === undefined) return [];
  const example: unknown = content[type]?.example;
  const { examples = {} } = content[type] ?? {};
  const named = Object.entries(examples).flatMap(([about, given]) =>
    "value" in given ? [{ about, body: { type, example: given.value as unknown } }] : [],
  );
  return example === undefined || example === null ? named : [{ about: null, body: { type, example } }];
}

function authorization(operation: Operation): string[] {
  if (operation.security?.length === 0) return [];
  const scope = String(Reflect.get(operation, "x-required-scope") ?? "inference");
  return [`authorization: Bearer ${KEYS[scope] ?? "$ADMIN_KEY"}`];
}

/** `*` replaces whatever there is; a program names the ETag it has read. */
const precondition = ({ responses }: Operation): string[] =>
  Object.hasOwn(responses ?? {}, "428") ? ["if-match: *"] : [];

/** Headers without which the operation is refused, such as a signature's: the reader has their values. */
const required = ({ parameters = [] }: Operation): string[] =>
  parameters.flatMap((parameter) =>
    "name" in parameter && parameter.in === "header" && parameter.required === true
      ? [`${parameter.name}: $${parameter.name.toUpperCase().replaceAll("-", "_")}`]
      : [],
  );

/** Text is lines of JSON and stays as it is; curl drops the end of the last line. */
function spelled(body: unknown): string {
  if (typeof body === "string") return body.trimEnd().replaceAll("'", String.raw`'\''`);
  const named = (key: string, value: unknown): unknown => NAMED[key] ?? value;
  const line = JSON.stringify(body, named);
  const text = line.length > ONE_LINE ? JSON.stringify(body, named, 2) : line;
  const quoted = text.replaceAll("'", String.raw`'\''`);
  return Object.values(NAMED).reduce((all, name) => all.replaceAll(`"${name}"`, `"'"${name}"'"`), quoted);
}
