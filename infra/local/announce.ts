import type { StartFacts } from "./run-state.ts";

/** What `npm start` prints when all is up: addresses, keys, and two programs to paste. */
export function announcement(facts: StartFacts, options: { readonly detached: boolean }): string {
  const { baseUrl, tenantKey, operatorKey, inferenceUrl } = facts;
  return `
Signalbox is up.

  base URL      ${baseUrl}
  tenant key    ${tenantKey}
  operator key  ${operatorKey}
  inference     ${inferenceUrl}
  reference     ${baseUrl}/docs

Ask it something:

curl -i ${baseUrl}/v1/chat/completions -H "authorization: Bearer ${tenantKey}" -H "content-type: application/json" -d '{"model":"auto","messages":[{"role":"user","content":"Why does this loop never end? while(i<10){}"}]}'

Or with the openai SDK, pasted into: node --input-type=module

import OpenAI from "openai";
const client = new OpenAI({ baseURL: "${baseUrl}/v1", apiKey: "${tenantKey}" });
const messages = [{ role: "user", content: "Translate into French: where is the station?" }];
const { data, response } = await client.chat.completions.create({ model: "auto", messages }).withResponse();
console.log(response.headers.get("x-signalbox-policy"), "→", data.model, "→", data.choices[0].message.content);

${options.detached ? "npm run stop ends it." : "Ctrl-C ends it."}
`;
}
