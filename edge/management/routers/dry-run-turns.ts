import { ok, refuse, type Result } from "../../errors.ts";
import type { Needs } from "../../routing/decision.ts";
import { requestNeeds } from "../../routing/needs.ts";
import type { TenantContext } from "../context.ts";
import { knownCases } from "../golden-cases/known-cases.ts";
import { recordedTurns, type RecordedTurn } from "../recordings/recorded-turns.ts";
import { MAX_TURNS, type DryRunInput, type DryRunTurn } from "./dry-run.schema.ts";

type Conversation = DryRunInput["conversations"][number];

/** A user message that is to be decided, with what stood before it. */
export interface AskedTurn extends Pick<DryRunTurn, "conversation" | "turn" | "served"> {
  readonly messages: Conversation["messages"];
  readonly needs: Needs;
  readonly took: RecordedTurn["took"];
}

/** The turns a dry run asks for: of given conversations, of golden cases, and the router's recorded ones. */
export async function askedTurns(
  context: TenantContext,
  slug: string,
  { conversations, golden_cases, recordings }: Pick<DryRunInput, "conversations" | "golden_cases" | "recordings">,
): Promise<Result<AsyncIterable<AskedTurn> | readonly AskedTurn[]>> {
  const golden = golden_cases ? await knownCases(context, slug, MAX_TURNS) : [];
  if (golden === null) return tooMany("/golden_cases", `asks for more than ${String(MAX_TURNS)} user messages`);
  const turns = [...conversations, ...golden].flatMap((conversation, index) => cuts(conversation, index));
  if (turns.length > MAX_TURNS || (turns.length === 0 && recordings === undefined)) {
    const detail = `must hold 1 to ${String(MAX_TURNS)} user messages, and holds ${String(turns.length)}`;
    return tooMany("/conversations", detail);
  }
  if (recordings === undefined) return ok(turns);
  const left = MAX_TURNS - turns.length;
  if (recordings.limit > left) {
    return tooMany(
      "/recordings/limit",
      `must be ${String(left)} at most, beside ${String(turns.length)} user messages`,
    );
  }
  const recorded = await recordedTurns(context, slug, recordings);
  return recorded.ok ? ok(inTurn(turns, recorded.value)) : recorded;
}

const tooMany = (pointer: string, detail: string) => refuse("validation_failed", { errors: [{ pointer, detail }] });

async function* inTurn(given: readonly AskedTurn[], recorded: AsyncIterable<AskedTurn>): AsyncGenerator<AskedTurn> {
  yield* given;
  yield* recorded;
}

/** A conversation cut after each of its user messages. */
function cuts({ id, messages }: Pick<Conversation, "id" | "messages">, index: number): AskedTurn[] {
  const ends = messages.flatMap(({ role }, place) => (role === "user" ? [place + 1] : []));
  return ends.map((end, turn) => {
    const said = messages.slice(0, end);
    const needs = requestNeeds({ messages: said });
    return { conversation: id ?? String(index), turn, messages: said, needs, took: null, served: null };
  });
}
