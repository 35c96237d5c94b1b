import { utf8Length } from "../utf8.ts";
import type { SseEvent } from "./sse.ts";
import { addDelivered, estimateUsage, isRecord, readUsage, type TokenUsage } from "./usage.ts";

/** What an observed event means to whoever passes it on. */
export type EventMeaning = "content" | "usage_only";

/** Where providers put text; there are two names for what a model thinks aloud. */
const TEXTS = ["content", "refusal", "reasoning_content", "reasoning"];

/** Watches an answer go by: usage, finish reasons, errors inside it, and how much text was delivered. */
export class Meter {
  /** The last count of the provider. */
  usage: TokenUsage | null = null;
  /** Of the first choice that finished. */
  finishReason: string | null = null;
  /** The provider said that the stream is complete. */
  done = false;
  /** The answer holds an error of the provider's. */
  failed = false;
  /** UTF-8 bytes of text and tool arguments. */
  textBytes = 0;
  /** What the first choice says, as far as it is to be kept. */
  keptText = "";
  /** Of these, the ones that came before the last count. */
  #countedBytes = 0;
  readonly #finished = new Set<number>();
  readonly #keptCharacters: number;

  constructor(keptCharacters = 0) {
    this.#keptCharacters = keptCharacters;
  }

  observe(event: SseEvent): EventMeaning {
    if (event.data.trim() === "[DONE]") {
      this.done = true;
      return "content";
    }
    if (event.type === "error") this.failed = true;
    const chunk = parseObject(event.data);
    if (chunk === null) return "content";
    this.observeAnswer(chunk);
    const { choices } = chunk;
    return Array.isArray(choices) && choices.length === 0 && isRecord(chunk["usage"]) ? "usage_only" : "content";
  }

  /** Reads a whole answer or one chunk of it. */
  observeAnswer(answer: Record<string, unknown>): void {
    if (isRecord(answer["error"]) || typeof answer["error"] === "string") this.failed = true;
    if (Array.isArray(answer["choices"])) {
      for (const choice of answer["choices"] as unknown[]) if (isRecord(choice)) this.#observeChoice(choice);
    }
    const usage = readUsage(answer["usage"]);
    if (usage === null) return;
    this.usage = usage;
    this.#countedBytes = this.textBytes;
  }

  /** What the provider counted, and what it delivered beyond that: an answer that broke off is counted to where it got. */
  consumed(requestTokens: () => number): TokenUsage {
    if (this.usage === null) return estimateUsage(requestTokens(), this.textBytes);
    return addDelivered(this.usage, this.textBytes - this.#countedBytes);
  }

  /** Whether every one of `choices` answers has ended with a finish reason. */
  hasFinished(choices: number): boolean {
    return this.#finished.size >= choices;
  }

  #observeChoice(choice: Record<string, unknown>): void {
    const { index, finish_reason: reason } = choice;
    if (typeof reason === "string" && reason !== "") {
      this.#finished.add(typeof index === "number" ? index : 0);
      this.finishReason ??= reason.slice(0, 64);
    }
    const said = isRecord(choice["delta"]) ? choice["delta"] : choice["message"];
    if (!isRecord(said)) return;
    if ((index ?? 0) === 0) this.#keep(said["content"]);
    for (const name of TEXTS) this.textBytes += textLength(said[name]);
    const calls = Array.isArray(said["tool_calls"]) ? (said["tool_calls"] as unknown[]) : [];
    const functions = [said["function_call"], ...calls.map((call) => (isRecord(call) ? call["function"] : null))];
    for (const called of functions) if (isRecord(called)) this.textBytes += textLength(called["arguments"]);
  }

  #keep(text: unknown): void {
    const room = this.#keptCharacters - this.keptText.length;
    if (room > 0 && typeof text === "string") this.keptText += text.slice(0, room);
  }
}

/** The meter of an answer that came whole; null for one that is no JSON object. */
export function meterOf(answer: Record<string, unknown> | null, keptCharacters = 0): Meter {
  const meter = new Meter(keptCharacters);
  if (answer !== null) meter.observeAnswer(answer);
  return meter;
}

/** The JSON object in a text; null when it is anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function textLength(value: unknown): number {
  return typeof value === "string" ? utf8Length(value) : 0;
}
