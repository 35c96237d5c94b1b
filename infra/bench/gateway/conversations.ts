import type { RouterDocumentInput } from "../../../edge/routing/router-document.ts";

const TURNS = [
  "We are moving our billing from a monolith to three services and I want to understand the order to do it in.",
  "Begin with invoices, because nothing else writes to them. Then move payments, and leave the ledger for last.",
  "What do we do about the nightly reconciliation job that reads all three tables at once?",
  "Give it a read model of its own, fed by events from each of the services, and compare both for a month.",
];

/** A conversation as agents have them: five turns, about 700 characters; `last` tells it from all others. */
export function conversation(last: string): { role: string; content: string }[] {
  const turns = TURNS.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content }));
  return [...turns, { role: "user", content: `Write the query that finds invoices without a payment. ${last}` }];
}

/** Begins a last message whose answer is to be streamed at the pace of a large model. */
export const SLOWLY = "Slowly, please.";

export function chatBody(model: string, last: string, fields: object = {}): string {
  return JSON.stringify({ model, messages: conversation(last), ...fields });
}

/** A conversation of about 100,000 tokens: 400,000 characters in forty turns. */
export function longBody(model: string, last: string): string {
  const paragraph = `${TURNS.join(" ")} `.repeat(25);
  const turns = Array.from({ length: 40 }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: paragraph.slice(0, 10_000),
  }));
  return JSON.stringify({ model, messages: [...turns, { role: "user", content: last }] });
}

const THINGS = [
  "billing",
  "contracts",
  "travel",
  "recipes",
  "networks",
  "fitness",
  "taxes",
  "gardens",
  "music",
  "games",
];
const VERBS = [
  "explain",
  "plan",
  "compare",
  "summarise",
  "translate",
  "review",
  "estimate",
  "schedule",
  "debug",
  "draft",
];

/** Policies that differ from each other as those of a product do; at most 100. */
export function policySet(count: number): RouterDocumentInput["policies"] {
  const all = VERBS.flatMap((verb) =>
    THINGS.map((thing) => ({
      name: `${verb} ${thing}`,
      description: `The user wants the assistant to ${verb} something that has to do with ${thing}, at work or at home`,
    })),
  );
  return all.slice(0, count);
}
