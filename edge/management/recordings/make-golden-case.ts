import { ok, refuse, type Result } from "../../errors.ts";
import { openRecording } from "../../recordings/open-recording.ts";
import type { RecordedMessage } from "../../recordings/recorded.schema.ts";
import { routableTurns } from "../../routing/routable-turns.ts";
import { hasScope, mayUseRouter } from "../../tenancy/scopes.ts";
import type { TenantContext } from "../context.ts";
import { addCase } from "../golden-cases/create.ts";
import type { GoldenCaseInput } from "../golden-cases/schema.ts";
import type { VersionedCase } from "../golden-cases/view.ts";
import { lacksScope } from "./admit-reader.ts";
import { unreadable } from "./get.ts";
import { labelOf, sealedById } from "./recordings.store.ts";
import { notThisRouter } from "./router-of.ts";
import type { CaseOfRecording } from "./schema.ts";

/**
 * Makes a golden case of a recorded request: the conversation as the router model saw it, and the policy that is right
 * for its latest turn, which is the label of the latest feedback unless it is given.
 */
export async function makeGoldenCase(
  context: TenantContext,
  slug: string,
  decisionId: string,
  { name, expected }: CaseOfRecording,
): Promise<Result<VersionedCase>> {
  const { deps, tenantId, key } = context;
  if (!hasScope(key, "recordings:read")) return lacksScope();
  if (!mayUseRouter(key, slug)) return notThisRouter();
  return addCase(context, slug, async (tx) => {
    const [row] = await sealedById(tx, tenantId, slug, decisionId);
    if (row === undefined) return refuse("not_found");
    const said = await openRecording(deps, { tenantId, decisionId, sealed: row.sealed });
    if (said === null) return unreadable();
    const messages = knownMessages(said.messages);
    if (messages.at(-1)?.role !== "user") return refuse("conflict", { message: "Its latest turn holds no text." });
    const right = expected ?? (await labelOf(tx, tenantId, decisionId));
    if (right === null) {
      const detail = "must name the policy that is right, or `other`: no feedback has a label";
      return refuse("validation_failed", { errors: [{ pointer: "/expected", detail }] });
    }
    const earlier = messages.slice(0, -1).filter(({ role }) => role === "user");
    const input = { name, messages, expected: [...earlier.map(() => null), right] };
    return ok({ input, told: { recording: decisionId } });
  });
}

/** As routing sees them, but for what a database cannot hold. */
const knownMessages = (messages: readonly RecordedMessage[]): GoldenCaseInput["messages"] =>
  (routableTurns(messages) ?? [])
    .map(({ role, content }) => ({ role, content: content.replaceAll("\u0000", "\ufffd") }))
    .filter(({ content }) => content !== "");
