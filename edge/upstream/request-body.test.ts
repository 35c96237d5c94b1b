import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectMembers, objectText } from "./json-members.ts";
import { upstreamBody } from "./request-body.ts";

const members = (text: string) => objectMembers(text)!;

describe("the members of a JSON object", () => {
  it("say the same as the parsed text, for any object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        expect(JSON.parse(objectText(members(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("keep numbers, escapes and nested order as they are written", () => {
    const values = [
      "12345678901234567890",
      "1.0",
      "1e400",
      '"\\u00fc\\ud83d"',
      '{"b":1,"2":0,"a":[ 1, {} ]}',
      '"\\\\"',
    ];
    const text = `{${values.map((value, index) => `"k${index}" : ${value}`).join(" ,\n")}}`;
    expect([...members(text).values()]).toEqual(values);
  });

  it("of a repeated name hold the last value, as JSON.parse does", () => {
    expect(objectText(members('{"model":"a","model":"b"}'))).toBe('{"model":"b"}');
  });

  it("are refused when nested too deeply, at any size", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(objectMembers(nested(200))).not.toBeNull();
    expect(objectMembers(nested(201))).toBeNull();
    expect(objectMembers(nested(1_000_000))).toBeNull();
  });

  it("are none in an empty object", () => {
    expect(objectText(members(" { } "))).toBe("{}");
  });
});

describe("the body a candidate gets", () => {
  const client =
    '{"model":"auto","messages":[{"role":"user","content":"hi"}],"temperature":0.70,"x_new":{"deep":[1.0]}}';

  it("is the client's own, with the provider's name of the model", () => {
    expect(upstreamBody(members(client), { model: "m" }, "gpt-x", false)).toBe(client.replace('"auto"', '"gpt-x"'));
  });

  it("takes defaults only where the client is silent, overrides always, and loses what the target drops", () => {
    const target = {
      model: "m",
      params: { temperature: 0.1, top_p: 0.5 },
      override: { user: "fixed" },
      drop: ["x_new"],
    };
    expect(JSON.parse(upstreamBody(members(client), target, "gpt-x", false))).toEqual({
      model: "gpt-x",
      messages: [{ role: "user", content: "hi" }],
      temperature: 0.7,
      top_p: 0.5,
      user: "fixed",
    });
  });

  it("keeps model, messages and stream whatever a target says", () => {
    const fields = { model: "evil", messages: [], stream: false };
    const target = { model: "m", params: fields, override: fields, drop: ["model", "messages", "stream"] };
    const text = client.replace("{", '{"stream":true,');
    const body: unknown = JSON.parse(upstreamBody(members(text), target, "gpt-x", false));
    expect(body).toMatchObject({ model: "gpt-x", stream: true, messages: [{ role: "user", content: "hi" }] });
  });

  it.each([
    ["absent", undefined, { include_usage: true }],
    ["null", "null", { include_usage: true }],
    [
      "declined",
      '{"include_usage":false,"include_obfuscation":false}',
      { include_usage: true, include_obfuscation: false },
    ],
  ])("asks for usage on a stream whose options are %s", (_case, options, expected) => {
    const text = options === undefined ? client : client.replace("{", `{"stream_options":${options},`);
    const body: unknown = JSON.parse(upstreamBody(members(text), { model: "m" }, "gpt-x", true));
    expect(body).toMatchObject({ stream_options: expected });
  });

  it("does not ask a model for usage that rejects the field", () => {
    const body: unknown = JSON.parse(
      upstreamBody(members(client), { model: "m", drop: ["stream_options"] }, "gpt-x", true),
    );
    expect(body).not.toHaveProperty("stream_options");
  });
});
