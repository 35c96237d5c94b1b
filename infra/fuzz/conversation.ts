import assert from "node:assert/strict";
import fc from "fast-check";
import {
  conversationSchema,
  MAX_CONVERSATION_CHARACTERS,
  MAX_CONVERSATION_TURNS,
  normaliseConversation,
  type ChatMessage,
} from "../../inference/contract/index.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyText, looseRecord } from "./hostile.ts";

const text = fc.oneof(
  { weight: 8, arbitrary: anyText },
  { weight: 1, arbitrary: fc.tuple(anyText, fc.nat({ max: 900 })).map(([part, times]) => part.repeat(times)) },
);

const part = looseRecord({
  type: fc.constantFrom("text", "image_url", "input_image", "input_audio", "file", "input_file", "refusal", "thinking"),
  text,
  refusal: text,
  filename: text,
  file: looseRecord({ filename: text }),
});

/** One message of a chat-completions request, or something in its place. */
export const message: fc.Arbitrary<unknown> = looseRecord({
  role: fc.constantFrom("user", "user", "assistant", "system", "developer", "tool", "function"),
  content: fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.constant(null)),
  tool_calls: fc.array(looseRecord({ id: text, function: looseRecord({ name: text, arguments: text }) }), {
    maxLength: 2,
  }),
});

export const conversationProperties: readonly FuzzProperty[] = [
  named(
    "normaliser: whatever the messages, a conversation the inference service takes, or none without a user message",
    fc.property(
      fc.oneof(
        { weight: 20, arbitrary: fc.array(message, { maxLength: 6 }) },
        {
          weight: 1,
          arbitrary: fc.tuple(message, fc.nat({ max: 300 })).map(([one, times]) => Array<unknown>(times).fill(one)),
        },
      ),
      (messages) => {
        // The request's schema has let through nothing but objects with a role.
        const passed = messages.filter(
          (one): one is ChatMessage => typeof (one as ChatMessage | null)?.role === "string",
        );
        const turns = normaliseConversation(passed);
        const asks = passed.some(({ role }) => role === "user");
        assert.equal(turns.length > 0, asks);
        if (asks) assert.ok(conversationSchema.safeParse(turns).success);
        assert.ok(turns.length <= MAX_CONVERSATION_TURNS);
        const characters = turns.reduce((sum, { content }) => sum + content.length, 0);
        assert.ok(characters <= MAX_CONVERSATION_CHARACTERS);
        assert.ok(turns.every(({ content }) => content.isWellFormed()));
        // What comes after the last question is not read: a loop of tool calls asks nothing new.
        const loop = [...passed, { role: "assistant", tool_calls: [] }, { role: "tool", content: "x" }];
        assert.deepEqual(normaliseConversation(loop), turns);
      },
    ),
  ),
];
