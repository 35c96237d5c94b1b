import {
  CONTRACT_VERSION,
  REQUEST_ID_HEADER,
  type DecideRequest,
  type Policy,
} from "../../inference/contract/index.ts";
import type { Env } from "../env.ts";

export interface InferenceAccess {
  readonly env: Pick<Env, "INFERENCE_URL" | "INFERENCE_TOKEN">;
  readonly fetch: typeof fetch;
}

/** What the inference service is asked, beside the contract's version. */
export type DecideQuestion = Omit<DecideRequest, "contract">;

/** `POST /v1/decide`: status and parsed body (null when it is no JSON). Rejects when the service cannot be reached. */
export async function postDecide(
  access: InferenceAccess,
  question: DecideQuestion,
  requestId: string,
  signal: AbortSignal,
): Promise<{ status: number; body: unknown }> {
  const response = await post(access, "v1/decide", { contract: CONTRACT_VERSION, ...question }, signal, requestId);
  // A refusal of the question says what is wrong with it; what others say is nobody's business here.
  if (!response.ok && response.status !== 400) {
    await response.body?.cancel();
    return { status: response.status, body: null };
  }
  const text = await response.text();
  return { status: response.status, body: parsed(text) };
}

/** `POST /v1/prepare`: the status. Rejects when the service cannot be reached. */
export async function postPrepare(
  access: InferenceAccess,
  policies: readonly Policy[],
  engine: string,
  signal: AbortSignal,
): Promise<number> {
  const response = await post(access, "v1/prepare", { contract: CONTRACT_VERSION, policies, engine }, signal);
  await response.body?.cancel();
  return response.status;
}

/** `POST /v1/similarity`: parsed body, null when it is no JSON or a refusal. Rejects when it cannot be reached. */
export async function postSimilarity(
  access: InferenceAccess,
  policies: readonly Policy[],
  signal: AbortSignal,
): Promise<unknown> {
  const response = await post(access, "v1/similarity", { contract: CONTRACT_VERSION, policies }, signal);
  const text = await response.text();
  return response.ok ? parsed(text) : null;
}

/** `GET /readyz`: whether the service says it can decide. Rejects when it cannot be reached. */
export async function getReady({ env, fetch }: InferenceAccess, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(address(env, "readyz"), { signal, redirect: "manual" });
  await response.body?.cancel();
  return response.ok;
}

/** `GET /v1/engines`: parsed body, null when it is no JSON or a refusal. Rejects when it cannot be reached. */
export async function getEngines({ env, fetch }: InferenceAccess, signal: AbortSignal): Promise<unknown> {
  const headers = { authorization: `Bearer ${env.INFERENCE_TOKEN}` };
  const response = await fetch(address(env, "v1/engines"), { headers, signal, redirect: "manual" });
  const text = await response.text();
  return response.ok ? parsed(text) : null;
}

function post(
  { env, fetch }: InferenceAccess,
  path: string,
  body: unknown,
  signal: AbortSignal,
  requestId?: string,
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${env.INFERENCE_TOKEN}`,
    "content-type": "application/json",
    ...(requestId !== undefined && { [REQUEST_ID_HEADER]: requestId }),
  };
  // A redirect would carry the token and a tenant's conversation to somewhere nobody configured.
  return fetch(address(env, path), {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal,
    redirect: "manual",
  });
}

const address = ({ INFERENCE_URL }: InferenceAccess["env"], path: string): string =>
  `${INFERENCE_URL.replace(/\/+$/, "")}/${path}`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
