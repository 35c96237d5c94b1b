import type { Deps } from "../deps.ts";
import type { ErrorCode } from "../errors.ts";
import { requestNeeds } from "../routing/needs.ts";
import { candidates } from "../routing/target.ts";
import type { ShadowSettings } from "../rollouts/shadow.schema.ts";
import type { Principal, RunningRollout } from "../tenancy/snapshot.ts";
import { headersOfCopy } from "../upstream/headers.ts";
import { objectText } from "../upstream/json-members.ts";
import { shadowBody } from "../upstream/shadow-body.ts";
import { timeoutsOf } from "../upstream/timeouts.ts";
import type { ShadowQuestion } from "./ask-shadow.ts";
import type { ChatBody, Received } from "./chat-body.schema.ts";
import { openCredential } from "./open-credential.ts";
import type { RequestContext } from "./request-context.ts";
import { inputTokensOf } from "./request-ends.ts";

/** Milliseconds a copy may keep its place beyond its deadline: what it took is to be written. */
const RECORDING_MS = 60_000;

export interface PreparedShadow {
  readonly question: ShadowQuestion;
  /** Gives its place in the isolate back. */
  readonly release: () => void;
}

/** The rollout that wants a copy, and the id of the copy's own receipt. */
interface Shadowing {
  readonly rollout: RunningRollout;
  readonly settings: ShadowSettings;
  readonly id: string;
}

/** Why a copy was not even begun. */
export type NotBegun = ErrorCode | "budget" | "busy" | "hosted_tools";

/** What a request's copy asks; a word instead that says why there is none. */
export function prepareShadow(
  deps: Deps,
  principal: Principal,
  { body, members }: Received<ChatBody>,
  context: RequestContext,
  { rollout, settings, id }: Shadowing,
): PreparedShadow | NotBegun {
  const { tenantId, models, providers } = principal.tenant;
  const now = deps.now();
  if (rollout.shadow_exhausted_on === new Date(now).toISOString().slice(0, 10)) return "budget";
  const alone = { ...rollout.candidate, fallbacks: [] };
  const able = candidates(alone, models, requestNeeds(body), principal.key.allowed_models);
  if (!able.ok) return able.refusal.code;
  const [candidate] = able.value;
  if (candidate === undefined) throw new Error("a target that can serve has a candidate");
  const { model, target } = candidate;
  const asked = { members, stream: body.stream === true, choices: body.n ?? 1 };
  const copy = shadowBody(asked, target, model.upstream_model, settings.max_output_tokens);
  if (copy === null) return "hosted_tools";
  const characters = [...copy.members.values()].reduce((sum, text) => sum + text.length, 0);
  const release = deps.shadowSlots.take(now, { tenantId, characters, lifetimeMs: settings.deadline_ms + RECORDING_MS });
  if (release === null) return "busy";
  const question: ShadowQuestion = {
    candidate,
    call: {
      providers,
      openCredential: openCredential(deps, tenantId),
      body: objectText(copy.members),
      headers: headersOfCopy(context.headers),
      stream: asked.stream,
      timeouts: timeoutsOf(model),
      callId: id,
    },
    choices: asked.choices,
    maxOutputTokens: settings.max_output_tokens,
    capped: copy.capped,
    inputTokens: inputTokensOf(body)(),
    startedAt: context.startedAt,
  };
  return { question, release };
}
