import type { Turn } from "../../contract/index.ts";
import type { EngineReading } from "../engine.ts";
import type { Asked } from "./client.ts";
import type { Options } from "./options.ts";

/** What one server is asked. */
export interface QuestionParts {
  readonly routes: string;
  readonly options: Options;
  readonly conversation: readonly Turn[];
  readonly isolation: string;
  readonly signal: AbortSignal;
}

export type Reading = Pick<EngineReading, "logits" | "unsureReason" | "tokens">;

/** The policies alone fill the model's window. */
export interface TooLong {
  readonly kind: "too_long";
}

/** What one server came to. */
export type Read = Asked<Reading> | TooLong;
