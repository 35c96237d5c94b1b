import type { Policy, Turn } from "../contract/index.ts";
import { escapeJson } from "./escape.ts";
import type { PromptFormat } from "./formats.ts";

const HEAD = `
You are a helpful assistant that selects the most suitable routes based on user intent.
You are provided with a list of available routes enclosed within <routes></routes> XML tags:
<routes>
`;

const MIDDLE = `
</routes>

You are also given the conversation context enclosed within <conversation></conversation> XML tags:
<conversation>
`;

/** The doubled braces are what the models were tuned on. */
const TAIL = `
</conversation>

## Instructions
1. Analyze the latest user intent from the conversation.
2. Compare it against the available routes to find which routes can help fulfill the request.
3. Respond only with the exact route names from <routes>.
4. If no routes can help or the intent is already fulfilled, return an empty list.

## Response Format
Return your answer strictly in JSON as follows:
{{"route": ["route_name_1", "route_name_2", "..."]}}
If no routes are needed, return an empty list for \`route\`.
`;

const PREFIX = '{"route": [';
/** What every route says of itself beside its name and description. */
const NO_PARAMETERS = '"parameters": {"type": "object", "properties": {}, "required": []}';

/**
 * The format of the Plano-Orchestrator models (katanemo/plano): one route a line with a space after every colon and
 * comma, the conversation indented by four. The model may list several routes; the first one counts, an empty list is
 * `other`.
 */
export const planoOrchestratorV2: PromptFormat = {
  routes: (policies: readonly Policy[]) => policies.map(route).join("\n"),
  prompt: (routes: string, conversation: readonly Turn[]) => {
    const turns = conversation.map(({ role, content }) => ({ role, content }));
    return HEAD + routes + MIDDLE + escapeJson(JSON.stringify(turns, null, 4)) + TAIL;
  },
  answerPrefix: PREFIX,
  answer: (name) => {
    if (name === null) return { text: "]", closed: "]", spellings: [`${PREFIX}]}`] };
    const text = escapeJson(JSON.stringify(name));
    return { text, closed: text, spellings: [`${PREFIX}${text}]}`, `${PREFIX}${text}, "`] };
  },
};

const route = ({ name, description }: Policy): string =>
  escapeJson(`{"name": ${JSON.stringify(name)}, "description": ${JSON.stringify(description)}, ${NO_PARAMETERS}}`);
