import type { Policy, Turn } from "../contract/index.ts";
import { escapeJson } from "./escape.ts";
import type { PromptFormat } from "./formats.ts";
import { quotedAnswer } from "./quoted-answer.ts";

const HEAD = `
You are a helpful assistant designed to find the best suited route.
You are provided with route description within <routes></routes> XML tags:
<routes>
`;

const MIDDLE = `
</routes>

<conversation>
`;

const TAIL = `
</conversation>

Your task is to decide which route is best suit with user intent on the conversation in <conversation></conversation> XML tags.  Follow the instruction:
1. If the latest intent from user is irrelevant or user intent is full filled, response with other route {"route": "other"}.
2. You must analyze the route descriptions and find the best match route for user latest intent.
3. You only response the name of the route that best matches the user's request, use the exact name in the <routes></routes>.

Based on your analysis, provide your response in the following JSON formats if you decide to match any route:
{"route": "route_name"}
`;

/**
 * The format Arch-Router-1.5B was tuned on (arXiv 2506.16655, katanemo/archgw): one user message, policies in
 * published order, both lists as compact JSON.
 */
export const archRouterV1: PromptFormat = {
  routes: (policies: readonly Policy[]) => compact(policies.map(({ name, description }) => ({ name, description }))),
  prompt: (routes: string, conversation: readonly Turn[]) =>
    HEAD + routes + MIDDLE + compact(conversation.map(({ role, content }) => ({ role, content }))) + TAIL,
  ...quotedAnswer('{"route": "', escapeJson),
};

const compact = (value: unknown): string => escapeJson(JSON.stringify(value));
