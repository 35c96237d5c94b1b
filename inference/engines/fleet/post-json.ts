import type { Deps } from "../../deps.ts";

/** A distribution over some hundred names, or the tokens of one prompt; a server that sends more than this is broken. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** What came back; `null` when there was no connection, or it was cut, or more came than can be an answer. */
export type Posted = { readonly status: number; readonly retryAfterSeconds: number; readonly body: string } | null;

/** One `POST` of JSON. Never follows a redirect: the request bears the deployment's key. Never rejects. */
export async function postJson(
  { fetch }: Pick<Deps, "fetch">,
  url: string,
  {
    body,
    apiKey,
    signal,
  }: { readonly body: string; readonly apiKey: string | undefined; readonly signal: AbortSignal },
): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body,
      redirect: "manual",
      signal,
    });
    const retryAfterSeconds = secondsToWait(response.headers);
    return { status: response.status, retryAfterSeconds, body: await readBounded(response) };
  } catch {
    return null;
  }
}

/** Status and text of a `GET`, within the same bounds. */
export async function getText({ fetch }: Pick<Deps, "fetch">, url: string, signal: AbortSignal): Promise<Posted> {
  try {
    const response = await fetch(url, { redirect: "manual", signal });
    return { status: response.status, retryAfterSeconds: 1, body: await readBounded(response) };
  } catch {
    return null;
  }
}

export const at = (baseUrl: string, path: string): string => baseUrl.replace(/\/+$/, "") + path;

/** The value that a server's answer holds; null when it is no JSON, which a wire's schema then refuses. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** `retry-after` in seconds, one at least; a date (RFC 9110, 10.2.3) counts from the server's own `date`. */
function secondsToWait(headers: Headers): number {
  const [wanted, date] = [headers.get("retry-after") ?? "", headers.get("date") ?? ""];
  const seconds = /^\d+$/.test(wanted.trim()) ? Number(wanted) : (Date.parse(wanted) - Date.parse(date)) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 1;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES) throw new RangeError("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}
