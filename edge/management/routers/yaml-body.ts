import type { MiddlewareHandler } from "hono";
import { parse, YAMLParseError } from "yaml";
import type { AppEnv } from "../../http/app-env.ts";
import { decodeStrictly, NOT_UTF8 } from "../../http/decode-strictly.ts";
import { respond } from "../../http/respond.ts";

/** Characters. A document of 200 policies with the longest descriptions fits twice. */
const MAX_YAML_LENGTH = 1_000_000;
const YAML_TYPE = /^(application|text)\/(x-)?yaml\b/i;
/** JSON as HTTP knows it: what the rest of a route reads. */
const JSON_TYPE = "application/json";

/** Lets a route take YAML where it takes JSON: the body goes on as the JSON it stands for. Aliases are refused. */
export const yamlBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (YAML_TYPE.test(c.req.header("content-type") ?? "")) {
    const text = decodeStrictly(await c.req.arrayBuffer());
    if (text === null) return respond(c, { code: "invalid_request_error", message: NOT_UTF8 });
    if (text.length > MAX_YAML_LENGTH) return respond(c, { code: "request_too_large" });
    const read = jsonOf(text);
    if ("message" in read) return respond(c, { code: "invalid_request_error", message: read.message });
    const headers = new Headers(c.req.raw.headers);
    headers.set("content-type", JSON_TYPE);
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body: read.json });
    c.req.bodyCache = {};
  }
  await next();
  return undefined;
};

/** A message for what is not one YAML document, has aliases, or nests too deep to be read. */
function jsonOf(text: string): { readonly json: string } | { readonly message: string } {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, schema: "core", logLevel: "error" });
    return { json: JSON.stringify(value ?? null) };
  } catch (error) {
    const [at] = error instanceof YAMLParseError ? (error.linePos ?? []) : [];
    if (at !== undefined) {
      return { message: `The request body is not valid YAML: line ${at.line}, column ${at.col}.` };
    }
    return { message: "The request body is not valid YAML without aliases." };
  }
}

/** Whether an `Accept` header asks for YAML rather than JSON: it names YAML, with no lower weight than JSON's. */
export function prefersYaml(accept: string | undefined): boolean {
  const weights = { yaml: 0, json: 0 };
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    if (YAML_TYPE.test(type)) weights.yaml = Math.max(weights.yaml, weight);
    else if (type === JSON_TYPE) weights.json = Math.max(weights.json, weight);
  }
  return weights.yaml > 0 && weights.yaml >= weights.json;
}
