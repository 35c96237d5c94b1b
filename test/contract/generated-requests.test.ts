import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { apiDocument, type ApiDocument } from "../management/api-document.ts";
import { servedOperations, tenantWithEverything, type Operation } from "../management/operations.ts";
import { stack } from "../stack/provided.ts";
import { misfits } from "./conforms.ts";
import { FIRST, nameOf } from "./first.ts";
import { send, type RawAnswer, type RawRequest } from "./raw-request.ts";
import { plainRequest, requestsOf, untyped } from "./requests.ts";

/** Of each operation: the whole run takes well under a minute. */
const RUNS = 25;
/** Not a measure of anything: busy machines are slow, and a run that hangs still ends. */
const PATIENCE_MS = 240_000;

describe("requests generated from the API's own description", () => {
  let document: ApiDocument;
  let operations: Operation[];

  beforeAll(async () => {
    document = await apiDocument();
    operations = (await servedOperations()).filter(({ scope }) => scope !== "none");
  });

  /** What is wrong with an answer by the description of its operation. */
  function faults(operation: Operation, request: RawRequest, { status, headers, text }: RawAnswer): string[] {
    const documented = operation.described.responses[String(status)];
    if (status >= 500 || documented === undefined) return [`status ${status}: ${text.slice(0, 300)}`];
    if (status < 300 && !isAllowed(operation, request)) return [`status ${status} for a body that is not allowed`];
    const missing = Object.keys(documented.headers ?? {}).filter((name) => headers[name] === undefined);
    if (missing.length > 0) return [`no ${missing.join()} with status ${status}`];
    const content = documented.content ?? {};
    if (Object.keys(content).length === 0) return text === "" ? [] : [`a body where none is described: ${text}`];
    const type = (headers["content-type"] ?? "").split(";")[0] ?? "";
    const answered = content[type];
    if (answered === undefined) return [`content type ${type} of status ${status}`];
    return type.endsWith("json") ? misfits(JSON.parse(text), answered.schema, document.components.schemas) : [];
  }

  /** Whether the description of an operation allows a request's body, as far as JSON goes. */
  function isAllowed({ described }: Operation, { headers, body }: RawRequest): boolean {
    const content = described.requestBody?.content;
    const json = content?.["application/json"];
    if (json === undefined) return true;
    if ("application/yaml" in (content ?? {}) && String(headers["content-type"]).includes("yaml")) return true;
    const value = parsed(Buffer.from(body ?? "").toString("utf8"));
    return value !== undefined && misfits(value, json.schema, document.components.schemas).length === 0;
  }

  it("are answered as described, whatever they hold, and never with a failure", { timeout: PATIENCE_MS }, async () => {
    const refused: string[] = [];
    for (const operation of operations) {
      const what = nameOf(operation);
      const { tenant, fixtures } = await tenantWithEverything("lynx");
      const plainOf = (asked: Operation): RawRequest =>
        plainRequest(asked, fixtures, asked.scope === "operator" ? stack().operatorKey : tenant.adminKey);
      for (const before of operations.filter((asked) => nameOf(asked) === FIRST[what])) await send(plainOf(before));
      const plain = plainOf(operation);
      // Once as the example has it, so that what follows meets the operation at work.
      const usual = await send(plain);
      if (usual.status >= 300) refused.push(what);
      expect(faults(operation, plain, usual), what).toEqual([]);
      const answered = async (request: RawRequest): Promise<void> => {
        const answer = await send(request);
        expect(faults(operation, request, answer), what).toEqual([]);
        expect(answer.text, what).not.toMatch(/\bselect\b|insert into|signalbox\.\w+_|postgres|at async/i);
      };
      const requests = requestsOf(operation, plain, document.components.schemas);
      await fc.assert(fc.asyncProperty(requests, answered), {
        numRuns: RUNS,
        examples: [[plain], [untyped(plain)], [{ ...untyped(plain), body: null }]],
      });
    }
    expect(refused).toEqual([]);
  });
});

/** Undefined for what is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
