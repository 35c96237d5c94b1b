/** What a refusal of vLLM says about itself. `message` may quote the prompt: it is for matching, never for logs. */
export interface UpstreamRefusal {
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
}

/**
 * Reads the four shapes of vLLM 0.32: `{"error":{message,type,param,code}}` with a class name or with a status phrase as
 * `type`, `{"detail":…}` of the web framework, and `{"error":"Unauthorized"}`. Anything else is an empty refusal.
 */
export function readRefusal(body: string): UpstreamRefusal {
  const parsed = parse(body);
  const error = parsed["error"];
  if (typeof error === "string") return { message: error, type: null, param: null };
  if (isRecord(error)) {
    return { message: text(error["message"]) ?? "", type: text(error["type"]), param: text(error["param"]) };
  }
  return { message: text(parsed["detail"]) ?? "", type: null, param: null };
}

/** The prompt does not fit the model's context window. */
export function isTooLong({
  status,
  refusal,
}: {
  readonly status: number;
  readonly refusal: UpstreamRefusal;
}): boolean {
  const { param, message } = refusal;
  return status === 400 && (param === "input_tokens" || /maximum (context|model) length/i.test(message));
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
