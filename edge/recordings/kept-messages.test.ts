import { describe, expect, it } from "vitest";
import { keptMessages } from "./kept-messages.ts";

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const size = (messages: readonly object[]): number =>
  messages.reduce((sum, message) => sum + new TextEncoder().encode(JSON.stringify(message)).length, 0);

describe("what is kept of a conversation", () => {
  it("is its text, names and tool calls, and of other content the kind alone", () => {
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
    const kept = keptMessages([
      { role: "system", content: "Be kind", name: "house", cache_control: { type: "ephemeral" } },
      user([
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: "data:image/png;base64,c2VjcmV0" } },
        { type: "file", file: { filename: "tax.pdf", file_data: "c2VjcmV0" } },
      ]),
      { role: "assistant", content: null, tool_calls: [call], audio: { id: "a" } },
      { role: "tool", tool_call_id: "c1", content: "A cat" },
      user("Thanks"),
    ]);
    expect(kept).toEqual({
      messages: [
        { role: "system", content: "Be kind", name: "house" },
        user([{ type: "text", text: "What is this?" }, { type: "image_url" }, { type: "file" }]),
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "A cat" },
        user("Thanks"),
      ],
      truncated: false,
    });
  });

  it("is its end, from a user message on, when it is too long", () => {
    const messages = [user("a".repeat(50)), assistant("one"), user("é"), assistant("two"), user("three")];
    const room = size(messages.slice(1));
    expect(keptMessages(messages, room)).toEqual({ messages: messages.slice(2), truncated: true });
    expect(keptMessages(messages, size(messages.slice(2)) - 1)).toEqual({ messages: [user("three")], truncated: true });
    expect(keptMessages(messages, size(messages))).toEqual({ messages, truncated: false });
  });

  it("is nothing when its last turn alone is too long", () => {
    const messages = [user("hello"), assistant("hi"), user("x".repeat(1_000)), assistant("y")];
    expect(keptMessages(messages, 500)).toBeNull();
  });
});
