import type { RecordedMessage } from "../../recordings/recorded.schema.ts";
import type { OpenedRecording } from "./schema.ts";

/** A recording with what its feedback says. */
export interface DataSetRow extends OpenedRecording {
  readonly metric: string;
  /** Mean of the senders' last words, from -1 to 1; null without any. */
  readonly score: number | null;
  readonly scores: number;
  readonly label: string | null;
}

/** All there is. */
export const ownLine = (row: DataSetRow): object => row;

/**
 * A test case of promptfoo (https://www.promptfoo.dev/docs/configuration/test-cases). The conversation is one variable,
 * JSON text as chat prompts are: a list would be taken for one test each, and a text that begins with `file://` for a
 * file of whoever runs it. What is said there is no template, whatever braces it holds.
 */
export function promptfooLine({ messages, answer, ...about }: DataSetRow): object {
  return {
    description: about.decision,
    vars: {
      messages: untemplated(chatMessages(messages)),
      ...(answer !== null && { answer: untemplated(answer) }),
    },
    metadata: about,
  };
}

/**
 * A sample of OpenAI evals (https://github.com/openai/evals, docs/build-eval.md): chat messages, and the answer as what
 * is ideal. Undefined without an answer.
 */
export function openaiEvalsLine({ messages, answer, ...about }: DataSetRow): object | undefined {
  if (answer === null) return undefined;
  return { input: chatMessages(messages), ideal: answer, metadata: about };
}

/** Messages without what is not there. */
const chatMessages = (messages: readonly RecordedMessage[]): object[] =>
  messages.map(({ role, content, ...rest }) => ({ role, content: content ?? "", ...rest }));

/** JSON text whose strings spell braces as escapes: nothing in them begins or ends a template. */
const untemplated = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) =>
    text.replaceAll("{", String.raw`\u007b`).replaceAll("}", String.raw`\u007d`),
  );
