export * from "./decide.ts";
export * from "./errors.ts";
export * from "./headers.ts";
export * from "./normalise-conversation.ts";
export * from "./policy-digest.ts";
export * from "./version.ts";
