import { describe, expect, it } from "vitest";
import { isSigned, readSignedHeaders, secretBytes, type SignedMessage } from "./webhook-signature.ts";

/** A message that the reference library of Standard Webhooks, version 1.1.1, has signed. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const AT = 1_614_265_330_000;
const BODY = '{"test": 2432232314}';
const HEADERS = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (more: Record<string, string> = {}, now = AT) =>
  readSignedHeaders(new Headers({ ...HEADERS, ...more }), now);
const secret = (text: string): Uint8Array<ArrayBuffer> => {
  const found = secretBytes(text);
  if (found === null) throw new Error(`no secret: ${text}`);
  return found;
};
const check = async (more: Record<string, string> = {}, body = BODY, secrets = [SECRET]): Promise<boolean> =>
  isSigned(read(more) as SignedMessage, bytes(body), secrets.map(secret));

const OTHER = `whsec_${btoa("x".repeat(32))}`;
const WRONG = `v1,${btoa("y".repeat(32))}`;

describe("a signed message", () => {
  it("is known by its secret, also beside another one, and one of its signatures", async () => {
    expect(await check()).toBe(true);
    expect(await check({}, BODY, [OTHER, SECRET])).toBe(true);
    const { "webhook-signature": right } = HEADERS;
    expect(await check({ "webhook-signature": `${WRONG} v1a,abc ${right}` })).toBe(true);
  });

  it("is not when anything that is signed is another, or the secret is", async () => {
    expect(await check({ "webhook-id": "msg_other" })).toBe(false);
    expect(await check({ "webhook-timestamp": "1614265331" })).toBe(false);
    expect(await check({}, `${BODY} `)).toBe(false);
    expect(await check({}, BODY, [OTHER])).toBe(false);
    expect(await check({}, BODY, [])).toBe(false);
    expect(await check({ "webhook-signature": WRONG })).toBe(false);
  });

  it("is read up to five minutes from when it was signed, in either direction", () => {
    for (const now of [AT, AT - 300_000, AT + 300_000]) expect(read({}, now)).toHaveProperty("signatures");
    for (const now of [AT - 301_000, AT + 301_000])
      expect(read({}, now)).toHaveProperty("wrong", expect.stringContaining("five minutes"));
  });

  it.each([
    ["webhook-id", ""],
    ["webhook-id", "a.b"],
    ["webhook-id", "x".repeat(129)],
    ["webhook-timestamp", ""],
    ["webhook-timestamp", "2021-02-25T15:02:10Z"],
    ["webhook-timestamp", "-1614265330"],
    ["webhook-timestamp", "1e9"],
    ["webhook-signature", ""],
    ["webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
    ["webhook-signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
    ["webhook-signature", "v1,short"],
  ])("is not read with %s %j, and told which header is wrong", (name, value) => {
    const message = read({ [name]: value });
    expect(message).toHaveProperty("wrong");
    expect(JSON.stringify(message)).toContain(name);
  });

  it.each([
    "",
    "whsec_",
    "whsec_????",
    `whsec_${btoa("x".repeat(23))}`,
    `whsec_${btoa("x".repeat(65))}`,
    btoa("x".repeat(32)),
  ])("has no secret %j", (text) => {
    expect(secretBytes(text)).toBeNull();
  });
});
