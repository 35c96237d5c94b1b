import type { Target } from "../routing/router-document.ts";
import type { Members } from "./json-members.ts";
import { upstreamMembers } from "./request-body.ts";
import { isRecord } from "./usage.ts";

/** A request's copy for a candidate whose answer nobody gets. */
export interface ShadowBody {
  readonly members: Members;
  /** Whether the copy may say less than the request may. */
  readonly capped: boolean;
}

/** Fields that limit an answer, the current one first. */
const LIMITS = ["max_completion_tokens", "max_tokens"] as const;
/** Tools whose calls only the client carries out; a provider carries out any other by itself. */
const CLIENT_TOOLS = new Set<unknown>(["function", "custom"]);
/** Fields that have a provider do something beside answering. */
const DEEDS = ["web_search_options", "plugins", "mcp_servers"];

/**
 * The copy of a request as its candidate gets it: as if it served, but with at most `maxOutputTokens` over all of its
 * choices, and nothing of it stored. Null when answering could have the provider act: what a copy does happens twice.
 */
export function shadowBody(
  request: { readonly members: Members; readonly stream: boolean; readonly choices: number },
  target: Target,
  upstreamModel: string,
  maxOutputTokens: number,
): ShadowBody | null {
  const members = upstreamMembers(request.members, target, upstreamModel, request.stream);
  if (hasDeeds(members)) return null;
  members.delete("store");
  const most = Math.max(1, Math.floor(maxOutputTokens / request.choices));
  const asked = LIMITS.filter((name) => Number.isFinite(Number.parseFloat(members.get(name) ?? "")));
  const capped = asked.every((name) => Number(members.get(name)) > most);
  // A model that rejects one of the two fields has it among what its target drops.
  const [field] = LIMITS.filter((name) => target.drop?.includes(name) !== true);
  if (asked.length === 0 && field !== undefined) members.set(field, String(most));
  for (const name of asked) members.set(name, String(Math.min(most, Number(members.get(name)))));
  return { members, capped };
}

function hasDeeds(members: Members): boolean {
  if (DEEDS.some((name) => !isNothing(members.get(name)))) return true;
  const tools: unknown = JSON.parse(members.get("tools") ?? "null");
  return Array.isArray(tools) && tools.some((tool) => !isRecord(tool) || !CLIENT_TOOLS.has(tool["type"]));
}

const isNothing = (text: string | undefined): boolean => text === undefined || text === "null" || text === "[]";
