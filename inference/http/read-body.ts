import type { z } from "zod";
import { CONTRACT_VERSION } from "../contract/index.ts";
import { ok, refuse } from "../errors.ts";
import type { Refused, Result } from "../errors.ts";
import type { AppContext } from "./app-env.ts";
import { countUnknownKeys } from "./unknown-keys.ts";

interface ReadBody<T> {
  readonly body: T;
  /** Keys the contract does not know; they are ignored. */
  readonly unknownKeys: number;
}

const tooLarge = (): Refused => refuse("request_too_large", "The request body is too large.");

/**
 * Reads, bounds and validates a JSON body. 413 as soon as `maxBytes` are passed, whatever content-length says; 400 for
 * bytes that are not UTF-8, for malformed JSON, for another contract version and for what `schema` refuses.
 */
export async function readBody<T>(c: AppContext, schema: z.ZodType<T>, maxBytes: number): Promise<Result<ReadBody<T>>> {
  const announced = Number(c.req.header("content-length"));
  if (announced > maxBytes) return tooLarge();
  const bytes = await readBounded(c.req.raw.body, maxBytes);
  if (bytes === null) return tooLarge();
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return refuse("invalid_request", "The body is not JSON in UTF-8.");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return ok({ body: parsed.data, unknownKeys: countUnknownKeys(json, parsed.data) });
  const [issue] = parsed.error.issues;
  const param = issue?.path.map(String).join(".") ?? "";
  if (param === "contract") {
    return refuse("invalid_request", `This service speaks contract ${CONTRACT_VERSION}.`, { param });
  }
  return refuse("invalid_request", issue?.message ?? "The body is not valid.", param === "" ? {} : { param });
}

async function readBounded(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
