import type { Decider } from "../decider/decider.ts";
import type { DraftDocument } from "../routing/draft-document.ts";
import { routableTurns } from "../routing/routable-turns.ts";
import type { PublishedRouter } from "../tenancy/snapshot.ts";
import type { WaitUntil } from "../wait-until.ts";
import { storedReading } from "./stored-reading.ts";
import type { KnownMessage, StoredReading } from "./turns.ts";

/** Milliseconds a decision may take here: nobody waits for an answer to a prompt. */
const DEADLINE_MS = 10_000;

export interface Trial {
  readonly tenantId: string;
  readonly paidEngines: readonly string[];
  readonly document: DraftDocument;
  readonly policyDigest: string;
  readonly requestId: string;
  readonly waitUntil: WaitUntil;
}

/** What the decider that serves traffic says of every user message of a conversation, one after the other. */
export async function readCase(
  decider: Pick<Decider, "decide">,
  { tenantId, paidEngines, document, policyDigest, requestId, waitUntil }: Trial,
  messages: readonly KnownMessage[],
): Promise<StoredReading[]> {
  const router = trialRouter(document, policyDigest);
  const readings: StoredReading[] = [];
  for (const [place, { role }] of messages.entries()) {
    if (role !== "user") continue;
    const conversation = routableTurns(messages.slice(0, place + 1)) ?? [];
    const read = await decider.decide({ tenantId, router, paidEngines, conversation, requestId, waitUntil });
    readings.push(storedReading(read));
  }
  return readings;
}

/** A document as the decider takes one. Its id opens no breaker of live traffic; nothing is served by its fallback. */
function trialRouter(document: DraftDocument, policyDigest: string): PublishedRouter {
  return {
    id: "evaluation",
    slug: "evaluation",
    version: 1,
    policy_digest: policyDigest,
    published_at: "",
    document: {
      ...document,
      fallback: document.fallback ?? { model: "none" },
      settings: { ...document.settings, deadline_ms: DEADLINE_MS },
    },
  };
}
