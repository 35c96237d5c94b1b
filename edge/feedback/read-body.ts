import type { z } from "zod";
import { ok, refuse, type Result } from "../errors.ts";
import { decodeStrictly, NOT_UTF8 } from "../http/decode-strictly.ts";
import { firstFinding } from "../http/validation-hook.ts";

/** What a body says, by its schema; refused in the inference surface's words where it is no JSON or does not fit. */
export function readBody<Body>(bytes: Uint8Array, schemaOf: (value: unknown) => z.ZodType<Body>): Result<Body> {
  const text = decodeStrictly(bytes);
  if (text === null) return refuse("invalid_request_error", { message: NOT_UTF8 });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse("invalid_request_error", { message: "The request body is not valid JSON." });
  }
  const parsed = schemaOf(value).safeParse(value);
  return parsed.success ? ok(parsed.data) : { ok: false, refusal: firstFinding(parsed.error.issues) };
}
