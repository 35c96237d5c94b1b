import { decodeUtf8 } from "../../utf8.ts";
import { parseObject } from "../meter.ts";
import { readBounded } from "../read-bounded.ts";
import { isRetryableStatus } from "../retry-policy.ts";
import { isRecord } from "../usage.ts";

/** A refusal lists every field that is not known; what is longer than this is of no use to anybody. */
const MAX_BYTES = 1024 * 1024;

/**
 * An answer of Google's endpoint in OpenAI's terms. Google refuses in the form of its own APIs, an array with one
 * `{"error": {code: 400, message, status, details}}`, which OpenAI's clients cannot read; and a bad or missing key with
 * 400, as it does a bad request: by status alone the client would be blamed for the tenant's credential.
 */
export async function googleRefusal(answer: Response): Promise<Response> {
  const { status } = answer;
  if (status < 400 || status === 401 || status === 403 || isRetryableStatus(status)) return answer;
  const fault = faultOf(await readBounded(answer.body, MAX_BYTES));
  if (isAboutKey(fault)) return new Response(null, { status: 401 });
  const message = typeof fault["message"] === "string" ? fault["message"] : "The provider refused the request.";
  const code = status === 404 && /\bmodels\//.test(message) ? "model_not_found" : null;
  return Response.json({ error: { message, type: "invalid_request_error", param: null, code } }, { status });
}

function faultOf(body: Uint8Array | null): Record<string, unknown> {
  const text = body === null ? "" : decodeUtf8(body).trim();
  const said = parseObject(text.startsWith("[") ? text.slice(1, -1) : text);
  return isRecord(said?.["error"]) ? said["error"] : {};
}

function isAboutKey({ message, details }: Record<string, unknown>): boolean {
  if (typeof message === "string" && /\bAuthorization header\b/.test(message)) return true;
  return Array.isArray(details) && details.some((one) => isRecord(one) && one["reason"] === "API_KEY_INVALID");
}
