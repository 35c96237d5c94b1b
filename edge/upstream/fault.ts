import { decodeUtf8 } from "../utf8.ts";
import { parseObject } from "./meter.ts";
import { isRecord } from "./usage.ts";

/** What a provider's error says; empty where it says nothing. */
export interface Fault {
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/** OpenAI's code for a model that is not there, and Azure's, where a model is a deployment. */
const MODEL_CODES = new Set(["model_not_found", "DeploymentNotFound"]);

/**
 * Where no field says it: Bedrock of a name that it does not know (400), and of a model that the account was not given
 * (403); OpenAI of a model that a key's project may not use (403).
 */
const MODEL_WORDS = /model identifier is invalid|access to (?:the )?model\b/i;

/** Reads OpenAI's `{"error": {…}}`, and errors without that wrapping: AWS's `{"Message": …}`, vLLM's. */
export function readFault(body: Uint8Array): Fault {
  const said = parseObject(decodeUtf8(body)) ?? {};
  const fault = isRecord(said["error"]) ? said["error"] : said;
  const text = (name: string): string => (typeof fault[name] === "string" ? fault[name] : "");
  return { code: text("code"), param: text("param"), message: text("message") || text("Message") };
}

/** True when it is the model that is missing or withheld, so that key and address have passed. */
export function isAboutModel({ code, param, message }: Fault): boolean {
  return MODEL_CODES.has(code) || param === "model" || MODEL_WORDS.test(message);
}
