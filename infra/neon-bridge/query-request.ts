import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { z } from "zod";

const statementSchema = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const bodySchema = z.union([z.object({ queries: z.array(statementSchema) }), statementSchema]);

export type Statement = z.infer<typeof statementSchema>;

export interface OutputModes {
  /** Rows as arrays rather than objects. */
  readonly array: boolean;
  /** Values as PostgreSQL's text rather than as JSON types. */
  readonly rawText: boolean;
}

/** What the driver asks for: one statement, or a batch in one transaction opened by `begin`. */
export type QueryRequest =
  | { readonly kind: "single"; readonly statement: Statement; readonly modes: OutputModes }
  | { readonly kind: "batch"; readonly statements: Statement[]; readonly begin: string; readonly modes: OutputModes };

const ISOLATION: Readonly<Record<string, string>> = {
  readuncommitted: "READ UNCOMMITTED",
  readcommitted: "READ COMMITTED",
  repeatableread: "REPEATABLE READ",
  serializable: "SERIALIZABLE",
};

/** Understands a request of Neon's HTTP protocol; null when it is none. Source: the driver's own `neon()` function. */
export function parseQueryRequest(headers: IncomingHttpHeaders, body: string): QueryRequest | null {
  const parsed = bodySchema.safeParse(parseJson(body));
  const begin = beginStatement(headers);
  if (!parsed.success || begin === null) return null;
  const modes = { array: isOn(headers, "neon-array-mode"), rawText: isOn(headers, "neon-raw-text-output") };
  return "queries" in parsed.data
    ? { kind: "batch", statements: parsed.data.queries, begin, modes }
    : { kind: "single", statement: parsed.data, modes };
}

/** Reads a body of at most `limit` bytes; null when there is more. */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function beginStatement(headers: IncomingHttpHeaders): string | null {
  const isolation = header(headers, "neon-batch-isolation-level");
  const level = isolation === undefined ? undefined : ISOLATION[isolation.toLowerCase().replaceAll(/[\s_]/g, "")];
  if (isolation !== undefined && level === undefined) return null;
  const access = header(headers, "neon-batch-read-only");
  return [
    "BEGIN",
    ...(level === undefined ? [] : [`ISOLATION LEVEL ${level}`]),
    ...(access === undefined ? [] : [access === "true" ? "READ ONLY" : "READ WRITE"]),
    ...(header(headers, "neon-batch-deferrable") === "true" ? ["DEFERRABLE"] : []),
  ].join(" ");
}

function isOn(headers: IncomingHttpHeaders, name: string): boolean {
  return header(headers, name) === "true";
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
