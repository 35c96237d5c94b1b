import type { Deps } from "../deps.ts";
import type { Reading, Verdict } from "../routing/decision.ts";
import { judge } from "../routing/judge.ts";
import { withOtherBias } from "../routing/other-bias.ts";
import { isShadowed, rolloutArm, type Arm } from "../routing/rollout-arm.ts";
import type { RoutableTurns } from "../routing/routable-turns.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import { settingsUnder } from "../routing/settings-under.ts";
import type { PublishedRouter, RouterRollout } from "../tenancy/snapshot.ts";
import type { RequestContext } from "./request-context.ts";

/** A turn for a router to decide. */
export interface Asked {
  readonly tenantId: string;
  readonly router: PublishedRouter;
  /** Engines that cost money and that this tenant may use. */
  readonly paidEngines: readonly string[];
  readonly turns: RoutableTurns;
  readonly conversationKey: string;
}

/** Where a rollout of the router's own model has put a conversation, and whether its decisions are copied. */
interface RoutingSplit {
  readonly rollout: RouterRollout;
  readonly arm: Arm;
  readonly shadowed: boolean;
}

export interface DecidedTurn {
  readonly reading: Reading;
  readonly verdict: Verdict;
  readonly routing: RoutingSplit | null;
}

/** Decides a turn: with the router's engine, or with the candidate for it where a rollout has put the conversation there. */
export async function decideTurn(
  deps: Deps,
  asked: Asked,
  rollout: RouterRollout | null,
  context: RequestContext,
): Promise<DecidedTurn> {
  const routing = rollout === null ? null : await routingSplit(rollout, asked.conversationKey);
  const candidate = routing?.arm === "candidate" ? routing.rollout.candidate : null;
  const { settings } = asked.router.document;
  const decided =
    candidate === null
      ? await decideWith(deps, asked, null, context)
      : await decideWith(deps, asked, settingsUnder(settings, candidate), context);
  return { ...decided, routing };
}

/** Decides under a candidate's settings, or under the router's own when these are null. */
export async function decideWith(
  deps: Deps,
  { tenantId, router, paidEngines, turns }: Asked,
  candidate: RouterSettings | null,
  { requestId, waitUntil, signal }: Pick<RequestContext, "requestId" | "waitUntil"> & { readonly signal?: AbortSignal },
): Promise<{ reading: Reading; verdict: Verdict }> {
  const settings = candidate ?? router.document.settings;
  const reading = withOtherBias(
    await deps.decider.decide({
      tenantId,
      router,
      paidEngines,
      conversation: turns,
      requestId,
      waitUntil,
      ...(candidate !== null && { settings: candidate }),
      ...(signal !== undefined && { signal }),
    }),
    settings.other_bias ?? 0,
  );
  return { reading, verdict: judge(reading, settings) };
}

async function routingSplit(rollout: RouterRollout, conversationKey: string): Promise<RoutingSplit> {
  const { id: rolloutId, percent, shadow } = rollout;
  const arm = await rolloutArm({ rolloutId, percent }, conversationKey);
  const copied = arm === "control" && shadow !== null;
  const shadowed = copied && (await isShadowed({ rolloutId, percent: shadow.percent }, conversationKey));
  return { rollout, arm, shadowed };
}
