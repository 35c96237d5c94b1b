import { expect, it } from "vitest";
import { KeyUse } from "./key-use.ts";
import type { Principal } from "./snapshot.ts";

const principal = (tenantId: string, id = "key_a"): Principal => ({ tenant: { tenantId }, key: { id } }) as never;

function scene() {
  const written: unknown[] = [];
  const behind: Promise<unknown>[] = [];
  const state = { fails: false };
  const query = (_text: string, [json]: readonly unknown[]): Promise<never[]> => {
    written.push(...(JSON.parse(json as string) as unknown[]));
    return state.fails ? Promise.reject(new Error("no database")) : Promise.resolve([]);
  };
  const uses = new KeyUse({ query });
  const note = async (by: Principal, now: number): Promise<void> => {
    uses.note(by, now, (work) => behind.push(work));
    await Promise.all(behind);
  };
  return { written, state, note };
}

it("writes a key's use once a minute, each tenant's apart", async () => {
  const { written, note } = scene();
  await note(principal("ten_a"), 0);
  await note(principal("ten_a"), 59_999);
  await note(principal("ten_b"), 59_999);
  await note(principal("ten_a"), 60_000);
  expect(written).toEqual([
    { tenant_id: "ten_a", key_id: "key_a", created_at: "1970-01-01T00:00:00.000Z" },
    { tenant_id: "ten_b", key_id: "key_a", created_at: "1970-01-01T00:00:59.999Z" },
    { tenant_id: "ten_a", key_id: "key_a", created_at: "1970-01-01T00:01:00.000Z" },
  ]);
});

it("tries again with the next request when the database does not answer, and fails none", async () => {
  const { written, state, note } = scene();
  state.fails = true;
  await note(principal("ten_a"), 0);
  state.fails = false;
  await note(principal("ten_a"), 1);
  await note(principal("ten_a"), 2);
  expect(written).toHaveLength(2);
});
