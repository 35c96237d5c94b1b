import { expect, test } from "vitest";
import { archRouterV1 } from "./arch-router-v1.ts";

const policies = [
  { name: "distance", description: "Tell how far away a place is" },
  { name: "book hotel", description: 'Find and book a hotel room; not for "flights"' },
];

test("an ordinary prompt is byte for byte the one the model was tuned on", () => {
  const prompt = archRouterV1.prompt(archRouterV1.routes(policies), [
    { role: "user", content: "are visas required\nto go to cuba?" },
    { role: "assistant", content: "Yes, é" },
    { role: "user", content: "book one & go > now" },
  ]);
  expect(prompt).toBe(
    "\nYou are a helpful assistant designed to find the best suited route.\n" +
      "You are provided with route description within <routes></routes> XML tags:\n" +
      "<routes>\n" +
      '[{"name":"distance","description":"Tell how far away a place is"},' +
      '{"name":"book hotel","description":"Find and book a hotel room; not for \\"flights\\""}]\n' +
      "</routes>\n\n" +
      "<conversation>\n" +
      '[{"role":"user","content":"are visas required\\nto go to cuba?"},' +
      '{"role":"assistant","content":"Yes, é"},{"role":"user","content":"book one & go > now"}]\n' +
      "</conversation>\n\n" +
      "Your task is to decide which route is best suit with user intent on the conversation in " +
      "<conversation></conversation> XML tags.  Follow the instruction:\n" +
      "1. If the latest intent from user is irrelevant or user intent is full filled, response with other route " +
      '{"route": "other"}.\n' +
      "2. You must analyze the route descriptions and find the best match route for user latest intent.\n" +
      "3. You only response the name of the route that best matches the user's request, use the exact name in the " +
      "<routes></routes>.\n\n" +
      "Based on your analysis, provide your response in the following JSON formats if you decide to match any route:\n" +
      '{"route": "route_name"}\n',
  );
});

test("only role and content, name and description reach the prompt", () => {
  const extended = policies.map((policy) => ({ ...policy, target: "gpt-x", domain: "travel" }));
  expect(archRouterV1.routes(extended)).toBe(archRouterV1.routes(policies));
});
