import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ManualClock, settled } from "../../test/edge-path/manual-clock.ts";
import { snapshotRow } from "../../test/edge-path/snapshot-row.ts";
import { ERRORS } from "../errors.ts";
import type { Env } from "../env.ts";
import { mintApiKey } from "./api-key.ts";
import { createAuthLimits } from "./auth-limits.ts";
import { authenticate, authenticateOperator } from "./authenticate.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

let minted = 0;
/** A key no other call of this file gives. */
const token = (environment = "live"): string => {
  const digits = sha256(String((minted += 1)));
  let place = 0;
  return mintApiKey(environment, () => parseInt(digits.slice(place, (place += 2)), 16) / 256).token;
};

function setUp(options: { rows?: Record<string, unknown>; down?: boolean; env?: Partial<Env> } = {}) {
  const clock = new ManualClock();
  const queries: unknown[] = [];
  const db = {
    query: <T>(_text: string, [hash]: readonly unknown[]): Promise<T[]> => {
      queries.push(hash);
      if (options.down === true) return Promise.reject(new Error("connection refused"));
      return Promise.resolve([{ snapshot: options.rows?.[String(hash)] ?? null }] as T[]);
    },
  };
  const deps = {
    env: { ENVIRONMENT: "production", OPERATOR_KEY_HASHES: [], ...options.env } as unknown as Env,
    now: clock.now,
    authLimits: createAuthLimits(),
    snapshots: new SnapshotCache({ db, now: clock.now, sleep: clock.sleep, log: () => undefined }),
  };
  const credentials = (authorization: string | undefined, clientAddress = "192.0.2.1") => ({
    authorization,
    clientAddress,
    waitUntil: () => undefined,
  });
  return {
    clock,
    queries,
    as: async (authorization: string | undefined, address?: string) => {
      const result = await authenticate(deps, credentials(authorization, address));
      return result.ok ? result.value : result.refusal;
    },
    asOperator: async (authorization: string | undefined) => {
      const result = await authenticateOperator(deps, credentials(authorization));
      return result.ok ? result.value : result.refusal;
    },
  };
}

const good = token();

describe("what is no key", () => {
  const flipped = good.slice(0, -1) + (good.endsWith("0") ? "1" : "0");
  it.each([
    ["nothing", undefined],
    ["an empty header", ""],
    ["no scheme", good],
    ["another scheme", `Basic ${good}`],
    ["a scheme alone", "Bearer "],
    ["a key of another service", "Bearer sk-1234567890"],
    ["a wrong checksum", `Bearer ${flipped}`],
    ["two keys", `Bearer ${good} ${good}`],
    ["a key with a tail", `Bearer ${good}\u0000`],
    ["megabytes", `Bearer ${"x".repeat(2_000_000)}`],
    ["an operator's key", `Bearer ${token("op")}`],
    ["a development key in production", `Bearer ${token("dev")}`],
  ])("%s is refused without a look-up", async (_name, authorization) => {
    const { as, queries } = setUp();
    expect(await as(authorization)).toEqual({ code: "invalid_api_key" });
    expect(queries).toEqual([]);
  });
});

describe("a key", () => {
  const valid = (fields: Parameters<typeof snapshotRow>[0]) => ({ rows: { [sha256(good)]: snapshotRow(fields) } });

  it("that is known is its tenant's, however the scheme is spelled", async () => {
    const { as, queries } = setUp(valid({}));
    for (const scheme of ["Bearer", "bearer", "BEARER "]) {
      expect(await as(`${scheme} ${good}`)).toMatchObject({ key: { id: "key_a" }, tenant: { tenantId: "ten_a" } });
    }
    expect(queries).toEqual([sha256(good)]);
  });

  it.each([
    ["unknown", {}],
    ["revoked", valid({ key: { revoked_at: "2026-01-01T00:00:00Z" } })],
    ["revoked as of later, as clocks differ", valid({ key: { revoked_at: "2031-01-01T00:00:00Z" } })],
    ["expired", valid({ key: { expires_at: "2025-12-31T23:59:59Z" } })],
    ["expiring this millisecond", valid({ key: { expires_at: "2026-01-01T00:00:00.000Z" } })],
    ["with a date nobody can read", valid({ key: { expires_at: "soon" } })],
    ["stored as a development key, in production", valid({ key: { environment: "dev" } })],
    [
      "of a suspended tenant but expired",
      {
        rows: {
          [sha256(good)]: snapshotRow({
            tenant: { id: "ten_a", status: "suspended" },
            key: { expires_at: "2020-01-01T00:00:00Z" },
          }),
        },
      },
    ],
  ])("that is %s gets the one text", async (_name, options) => {
    const { as } = setUp(options);
    expect(await as(`Bearer ${good}`)).toEqual({ code: "invalid_api_key" });
  });

  it("expires by the clock, without the database being asked", async () => {
    const { as, clock, queries } = setUp(valid({ key: { expires_at: "2026-01-01T00:00:02Z" } }));
    expect(await as(`Bearer ${good}`)).toHaveProperty("key");
    await clock.advance(2_000);
    expect(await as(`Bearer ${good}`)).toEqual({ code: "invalid_api_key" });
    expect(queries).toHaveLength(1);
  });

  it.each(["suspended", "deleting"] as const)("of a tenant that is %s is refused as such", async (status) => {
    const { as } = setUp(valid({ tenant: { id: "ten_a", status } }));
    expect(await as(`Bearer ${good}`)).toEqual({ code: "tenant_suspended" });
  });

  it("made for development works there", async () => {
    const dev = token("dev");
    const rows = { [sha256(dev)]: snapshotRow({ key: { environment: "dev" } }) };
    const { as } = setUp({ rows, env: { ENVIRONMENT: "development" } });
    expect(await as(`Bearer ${dev}`)).toHaveProperty("tenant");
  });

  it("that nobody ever saw, with the database down, is told to come back", async () => {
    const { as } = setUp({ down: true });
    expect(await as(`Bearer ${good}`)).toEqual({ code: "tenant_config_unavailable", retryAfterSeconds: 2 });
  });

  it("is told so however often it asks, rather than to slow down, and few reads are made in vain", async () => {
    const options = { down: true, rows: { [sha256(good)]: snapshotRow() } };
    const { as, clock, queries } = setUp(options);
    for (let time = 0; time < 300; time += 1) {
      expect(await as(`Bearer ${token()}`)).toMatchObject({ code: "tenant_config_unavailable" });
    }
    expect(queries).toHaveLength(2);
    options.down = false;
    await clock.advance(500);
    expect(await as(`Bearer ${good}`)).toHaveProperty("key");
  });

  it("whose row is broken is our fault, not the caller's", async () => {
    const { as } = setUp({ rows: { [sha256(good)]: { revision: 1 } } });
    await expect(as(`Bearer ${good}`)).rejects.toMatchObject({ refusal: { code: "internal_error" } });
  });
});

describe("guessing", () => {
  const codes = async (work: Promise<unknown>[]): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const refusal of await Promise.all(work)) {
      const { code } = refusal as { code: string };
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  };

  it("with malformed keys is slowed down, address by address, and never reaches the database", async () => {
    const { as, queries } = setUp();
    const answers = await codes(Array.from({ length: 600 }, () => as("Bearer x")));
    expect(answers).toEqual({ invalid_api_key: 500, rate_limit_exceeded: 100 });
    expect(await as("Bearer x")).toEqual({ code: "rate_limit_exceeded", retryAfterSeconds: 1 });
    expect(await as("Bearer x", "192.0.2.99")).toEqual({ code: "invalid_api_key" });
    expect(queries).toEqual([]);
  });

  it("with well-formed keys reaches the database only so often, even all at once", async () => {
    const { as, queries } = setUp();
    const answers = await codes(Array.from({ length: 300 }, () => as(`Bearer ${token()}`)));
    expect(answers).toEqual({ invalid_api_key: 200, rate_limit_exceeded: 100 });
    expect(queries).toHaveLength(200);
  });

  it("one unknown key over and over costs one look-up in ten seconds", async () => {
    const { as, clock, queries } = setUp();
    for (let round = 0; round < 10; round += 1) {
      await as(`Bearer ${good}`);
      await clock.advance(999);
    }
    expect(queries).toHaveLength(1);
  });

  it("is not what many valid keys of one address look like, however fast they come", async () => {
    const tokens = Array.from({ length: 250 }, () => token());
    const { as } = setUp({ rows: Object.fromEntries(tokens.map((each) => [sha256(each), snapshotRow()])) });
    const answers: unknown[] = [];
    for (const each of tokens) answers.push(await as(`Bearer ${each}`));
    expect(answers.filter((answer) => !Object.hasOwn(answer as object, "key"))).toEqual([]);
  });

  it("does not shut out a valid key that is in use at the same address, nor do many of its first requests", async () => {
    const { as } = setUp({ rows: { [sha256(good)]: snapshotRow() } });
    const first = await Promise.all(Array.from({ length: 300 }, () => as(`Bearer ${good}`)));
    expect(first.every((result) => "key" in result)).toBe(true);
    await Promise.all(Array.from({ length: 600 }, () => as("Bearer x")));
    await Promise.all(Array.from({ length: 300 }, () => as(`Bearer ${token()}`)));
    expect(await as(`Bearer ${good}`)).toHaveProperty("key");
  });
});

describe("the operator's key", () => {
  const operator = token("op");
  const env = { OPERATOR_KEY_HASHES: [sha256("another"), sha256(operator)] };

  it("is known by its hash and asks no database", async () => {
    const { asOperator, queries } = setUp({ env });
    expect(await asOperator(`Bearer ${operator}`)).toBe(true);
    expect(queries).toEqual([]);
  });

  it.each([
    ["nothing", undefined],
    ["another operator key", `Bearer ${token("op")}`],
    ["a tenant's key", `Bearer ${good}`],
    ["the hash itself", `Bearer ${sha256(operator)}`],
  ])("%s is not it", async (_name, authorization) => {
    const { asOperator } = setUp({ env });
    expect(await asOperator(authorization)).toEqual({ code: "invalid_api_key" });
  });

  it("must have an operator key's form even when a tenant key's hash is configured", async () => {
    const { asOperator } = setUp({ env: { OPERATOR_KEY_HASHES: [sha256(good)] } });
    expect(await asOperator(`Bearer ${good}`)).toEqual({ code: "invalid_api_key" });
  });

  it("refused again and again is slowed down like any other", async () => {
    const { asOperator } = setUp({ env });
    await Promise.all(Array.from({ length: 500 }, () => asOperator("Bearer x")));
    expect(await asOperator("Bearer x")).toMatchObject({ code: "rate_limit_exceeded" });
    await settled();
  });
});

it("the refusals of this file have the statuses callers are promised", () => {
  const { invalid_api_key, tenant_suspended, rate_limit_exceeded, tenant_config_unavailable } = ERRORS;
  const rows = [invalid_api_key, tenant_suspended, rate_limit_exceeded, tenant_config_unavailable];
  expect(rows.map(({ status }) => status)).toEqual([401, 403, 429, 503]);
});
