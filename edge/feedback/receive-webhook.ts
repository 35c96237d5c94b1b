import type { Deps } from "../deps.ts";
import { ERRORS, ok, refuse, type Refusal, type Result } from "../errors.ts";
import { isId } from "../ids.ts";
import { open } from "../tenancy/secrets.ts";
import type { FeedbackEvent } from "./event.schema.ts";
import { readBody } from "./read-body.ts";
import { recordFeedback } from "./record.ts";
import { sourceById, type Source } from "./sources.store.ts";
import { isSigned, readSignedHeaders, secretBytes } from "./webhook-signature.ts";
import { webhookBodySchema, type Told } from "./webhook.schema.ts";

/** A message as it came. `body` reads its bytes, null when there are too many. */
export interface Message {
  readonly sourceId: string;
  readonly headers: Headers;
  readonly body: () => Promise<Uint8Array | null>;
  readonly clientAddress: string;
}

type WebhookDeps = Pick<Deps, "authLimits" | "db" | "env" | "log" | "newId" | "now">;

/** What a message to a source that nobody has is compared with, for its sender to wait as long. */
const NOBODYS = new Uint8Array(32);

/**
 * Takes the feedback of a signed message (Standard Webhooks, HMAC-SHA-256): its sender needs no key. Whatever is wrong
 * with a source or a signature is one 401, as for keys: it costs the sender's address of the allowance of 401s, and a
 * look-up is paid for before it is made. Each event counts once, so that a message that comes again changes nothing.
 */
export async function receiveWebhook(deps: WebhookDeps, message: Message): Promise<Result<Told>> {
  const { clientAddress, sourceId } = message;
  const { lookups, refusals } = deps.authLimits;
  const signed = readSignedHeaders(message.headers, deps.now());
  if ("wrong" in signed || !isId("feedback_source", sourceId)) {
    const wait = refusals.take(clientAddress, deps.now());
    return wait === null ? unsigned("wrong" in signed ? signed.wrong : null) : slower(wait);
  }
  const wait = lookups.take(clientAddress, deps.now());
  if (wait !== null) return slower(wait);
  const body = await message.body();
  if (body === null) return refuse("request_too_large");
  const source = await sourceById(deps.db.edge, sourceId, deps.now());
  if (!(await isSigned(signed, body, await secretsOf(deps, source))) || source === null) return unsigned(null);
  lookups.giveBack(clientAddress, deps.now());
  if (!source.active) return refuse("tenant_suspended");
  const read = readBody(body, webhookBodySchema);
  if (!read.ok) return read;
  const sender = { tenantId: source.tenant_id, source: "webhook", sourceId } as const;
  const named = read.value.events.map((event, index) => ({
    ...event,
    event_id: event.event_id ?? `${signed.id}#${index}`,
  }));
  return tell(named, await recordFeedback(deps, sender, named, Number(signed.timestamp) * 1000));
}

async function secretsOf({ env, log }: WebhookDeps, source: Source | null): Promise<Uint8Array<ArrayBuffer>[]> {
  if (source === null) return [NOBODYS];
  const opened = source.secrets.map(async ({ id, sealed }) => {
    try {
      return await open(env.CREDENTIAL_KEYS, { tenantId: source.tenant_id, ownerId: id }, sealed);
    } catch (error) {
      log("error", "credential_unreadable", { tenant_id: source.tenant_id, owner_id: id, key_id: sealed.key_id });
      throw error;
    }
  });
  return (await Promise.all(opened)).map((secret) => secretBytes(secret) ?? NOBODYS);
}

function tell(events: readonly FeedbackEvent[], recorded: Awaited<ReturnType<typeof recordFeedback>>): Result<Told> {
  const refusals = recorded.flatMap((result, index) => (result.ok ? [] : [{ index, refusal: result.refusal }]));
  const pending = refusals.filter(({ refusal }) => refusal.code === "decision_pending");
  if (pending.length > 0) {
    const message = `${pending.length} of ${events.length} events are about decisions that have not been written yet: send the message again.`;
    return refuse("decision_pending", { message, retryAfterSeconds: 1 });
  }
  const repeated = recorded.filter((result) => result.ok && result.repeated).length;
  return ok({
    recorded: recorded.length - refusals.length - repeated,
    repeated,
    refused: refusals.map(({ index, refusal: { code, param, message } }) => ({
      index,
      code,
      param: param ?? (code === "not_found" ? "decision" : null),
      message: message ?? (code === "not_found" ? "There is no such decision." : ERRORS[code].message),
    })),
  });
}

const unsigned = (wrong: string | null): { ok: false; refusal: Refusal } =>
  refuse("invalid_signature", {
    ...(wrong !== null && { message: wrong }),
    headers: { "www-authenticate": "Webhook-Signature" },
  });

const slower = (retryAfterSeconds: number) => refuse("rate_limit_exceeded", { retryAfterSeconds });
