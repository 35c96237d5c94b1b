import type { Target } from "../routing/router-document.ts";
import { objectMembers, objectText, type Members } from "./json-members.ts";

/** What a target may not change: it would answer another question, or answer in another form than was asked for. */
const FIXED = new Set(["model", "messages", "stream"]);

/**
 * The client's request as one candidate gets it: the client's own text with the target's defaults, overrides and
 * removals, the provider's name of the model, and usage asked for on streams.
 */
export function upstreamBody(client: Members, target: Target, upstreamModel: string, stream: boolean): string {
  return objectText(upstreamMembers(client, target, upstreamModel, stream));
}

/** The same as members, for those who have more to change. */
export function upstreamMembers(client: Members, target: Target, upstreamModel: string, stream: boolean): Members {
  const members: Members = new Map(client);
  const write = (fields: Target["params"], wins: boolean): void => {
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (!FIXED.has(name) && (wins || !members.has(name))) members.set(name, JSON.stringify(value));
    }
  };
  write(target.params, false);
  write(target.override, true);
  members.set("model", JSON.stringify(upstreamModel));
  if (stream) members.set("stream_options", withUsage(members.get("stream_options")));
  for (const name of target.drop ?? []) if (!FIXED.has(name)) members.delete(name);
  return members;
}

function withUsage(streamOptions: string | undefined): string {
  const members =
    (streamOptions?.startsWith("{") === true ? objectMembers(streamOptions) : null) ?? new Map<string, string>();
  return objectText(members.set("include_usage", "true"));
}
