// First: the app's own order of imports (see there).
import { chatProperties } from "./chat-bodies.ts";
import { addressProperties } from "./addresses.ts";
import { apiKeyProperties } from "./api-key.ts";
import { conversationProperties } from "./conversation.ts";
import type { FuzzProperty } from "./fuzz-property.ts";
import { policyDocumentProperties } from "./policy-document.ts";
import { snapshotProperties } from "./snapshot.ts";
import { sseProperties } from "./sse.ts";

/** All that is fed with generated cases, by the tests and by `npm run fuzz`. */
export const PROPERTIES: readonly FuzzProperty[] = [
  ...sseProperties,
  ...chatProperties,
  ...snapshotProperties,
  ...policyDocumentProperties,
  ...conversationProperties,
  ...apiKeyProperties,
  ...addressProperties,
];
