import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "../faults/own-workerd.ts";

/** Far more guesses than an address may make at once, however slow the machine. */
const MOST = 10_000;
const AT_ONCE = 100;

let ground: Ground;
let worker: OwnWorkerd;
beforeAll(async () => {
  ground = await prepareGround();
  worker = await startOwnWorkerd(ground, "guessed-at");
});
afterAll(async () => {
  await kill(worker);
  await ground.remove();
});

/** A guess that says it comes from an address nobody has named yet; its status. */
async function guess(number: number): Promise<number> {
  const said = `2001:db8:${number.toString(16)}::1`;
  const headers = { authorization: "Bearer no-key", "cf-connecting-ip": said, "x-forwarded-for": said };
  const answer = await fetch(`${worker.baseUrl}/v1/models`, { headers });
  await answer.body?.cancel();
  return answer.status;
}

/** A guess over a connection that comes from another address of this machine; its status. */
async function guessFrom(localAddress: string): Promise<number | undefined> {
  const asking = get(`${worker.baseUrl}/v1/models`, { localAddress, headers: { authorization: "Bearer no-key" } });
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe("guessing keys at a self-hosted worker", () => {
  it("is slowed down whatever addresses its requests name, and slows nobody else down", async () => {
    const seen = new Set<number>();
    for (let made = 0; made < MOST && !seen.has(429); made += AT_ONCE) {
      const statuses = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => guess(made + index)));
      for (const status of statuses) seen.add(status);
    }
    expect([...seen].toSorted()).toEqual([401, 429]);
    expect(await guessFrom("127.0.0.2")).toBe(401);
  });
});
