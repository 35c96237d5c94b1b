import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { expectProblem } from "../management/problem.ts";
import { callAt, mintEchoTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { startOwnWorker, type OwnWorker } from "./own-worker.ts";

const document = {
  policies: [{ name: "greetings", description: "Hello and goodbye" }],
  targets: {},
  fallback: { model: "echo-small" },
};
const COMPLETION = { model: "echo-small", messages: [{ role: "user", content: "hi" }] };
const ADDRESS_HEADER = "x-address-by-the-proxy";
/** Guesses at a time: they come faster than an address is forgiven. */
const BURST = 100;
/** No measure: some multiple of what any address is allowed. */
const MOST_GUESSES = 20_000;

let worker: OwnWorker;
let tenant: TestTenant;
let key: string;
beforeAll(async () => {
  worker = await startOwnWorker({ variables: { CLIENT_ADDRESS_HEADER: ADDRESS_HEADER } });
  worker.database.concerns = (query) => query.includes("edge_snapshot");
});
afterAll(() => worker.stop());
beforeEach(async () => {
  ({ tenant, inferenceKey: key } = await mintEchoTenant(document));
});

const addressed = (address: string) => ({ headers: { [ADDRESS_HEADER]: address } });
const complete = (token: string, address: string): Promise<Answer> =>
  callAt(worker.baseUrl, "/v1/chat/completions", token, { body: COMPLETION, ...addressed(address) });
const manage = (token: string, address: string): Promise<Answer> =>
  callAt(worker.baseUrl, "/api/v1/keys", token, addressed(address));

const malformed = (): string => "sk-not-one-of-ours";
const wellFormed = (): string => mintApiKey("dev", Math.random).token;

/** Guesses from one address, in bursts, until it is told to slow down. Gives all the answers. */
async function guess(makeKey: () => string, ask: (key: string) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (!answers.some(({ status }) => status === 429)) {
    expect(answers.length).toBeLessThan(MOST_GUESSES);
    answers.push(...(await Promise.all(Array.from({ length: BURST }, () => ask(makeKey())))));
  }
  return answers;
}

const limited = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status === 429);

describe("who guesses keys", () => {
  it.each([
    ["of no form", malformed, 500],
    ["of the right form", wellFormed, 200],
  ])(
    "%s is told to slow down after the allowance, in the caller's dialect, address by address",
    async (_of, make, allowance) => {
      const [guesser, inUse] = ["192.0.2.1", await tenant.key({ name: "in use" })];
      expect((await complete(inUse, guesser)).status).toBe(200);
      // What stands before the proxy's own entry is the caller's word.
      let forged = 0;
      const before = worker.database.seen;
      const answers = await guess(make, (wrong) => complete(wrong, `203.0.113.${(forged += 1) % 250}, ${guesser}`));
      const refused = answers.length - limited(answers).length;
      // What is told to slow down costs no look-up, nor does what has not the form of a key.
      expect(refused).toBeGreaterThanOrEqual(allowance);
      expect(new Set(answers.map(({ body }) => body.error.code))).toEqual(
        new Set(["invalid_api_key", "rate_limit_exceeded"]),
      );
      expect(worker.database.seen - before).toBe(make === malformed ? 0 : refused);
      for (const { headers, body } of limited(answers)) {
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
        expect(body.error).toMatchObject({ type: "rate_limit_error", request_id: headers.get("x-request-id") });
      }

      const managing = limited(await guess(make, (wrong) => manage(wrong, guesser)));
      for (const answer of managing) expectProblem(answer, 429, "rate_limit_exceeded");

      expect((await complete(inUse, guesser)).status).toBe(200);
      expect((await complete(key, "192.0.2.2")).status).toBe(200);
      expect((await manage(tenant.adminKey, "192.0.2.2")).status).toBe(200);
      expect((await complete(make(), "192.0.2.2")).body.error.code).toBe("invalid_api_key");
    },
  );
});
