import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors.ts";
import { open, resealed, seal } from "./secrets.ts";

const ringKey = (id: string, fill: number) => ({ id, key: Buffer.alloc(32, fill).toString("base64") });
const owner = { tenantId: "ten_a", ownerId: "prv_a" };
const ring = [ringKey("k2", 2), ringKey("k1", 1)];

async function refusal(work: Promise<string>): Promise<unknown> {
  return work.then(
    () => "opened",
    (error: unknown) => (error instanceof ServiceError ? error.refusal : error),
  );
}

describe("a sealed credential", () => {
  it("opens to what was sealed, for any text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect(await open(ring, owner, await seal(ring, owner, text))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it("is sealed with the first key of the ring and opened with the one it names", async () => {
    const old = await seal([ringKey("k1", 1)], owner, "sk-old");
    expect(old.key_id).toBe("k1");
    expect((await seal(ring, owner, "sk-new")).key_id).toBe("k2");
    expect(await open(ring, owner, old)).toBe("sk-old");
  });

  it("moves to the ring's first key and is left alone there, or when no key of the ring opens it", async () => {
    const old = await seal([ringKey("k1", 1)], owner, "sk-old");
    const moved = await resealed(ring, owner, old);
    expect(moved.key_id).toBe("k2");
    expect(await open([ringKey("k2", 2)], owner, moved)).toBe("sk-old");
    expect(await resealed(ring, owner, moved)).toBe(moved);
    expect(await resealed([ringKey("k3", 3)], owner, old)).toBe(old);
  });

  it("never looks the same twice", async () => {
    const [one, other] = await Promise.all([seal(ring, owner, "sk"), seal(ring, owner, "sk")]);
    expect(one.nonce).not.toBe(other.nonce);
    expect(one.ciphertext).not.toBe(other.ciphertext);
  });

  it("opens for no other tenant or provider, nor where the ids only join to the same text", async () => {
    const sealed = await seal(ring, owner, "sk-secret");
    for (const thief of [
      { tenantId: "ten_b", ownerId: "prv_a" },
      { tenantId: "ten_a", ownerId: "prv_b" },
      { tenantId: "ten_aprv_a", ownerId: "" },
      { tenantId: "prv_a", ownerId: "ten_a" },
    ]) {
      expect(await refusal(open(ring, thief, sealed))).toEqual({ code: "internal_error" });
    }
  });

  it("does not open when it was changed, when its key is gone or is another under the same name", async () => {
    const sealed = await seal(ring, owner, "sk-secret");
    const flipped = Buffer.from(sealed.ciphertext, "base64");
    flipped[0] = flipped[0]! ^ 1;
    const changed = { ...sealed, ciphertext: flipped.toString("base64") };
    expect(await refusal(open(ring, owner, changed))).toEqual({ code: "internal_error" });
    expect(await refusal(open(ring, owner, { ...sealed, nonce: "not base64!" }))).toEqual({ code: "internal_error" });
    expect(await refusal(open([ringKey("k1", 1)], owner, sealed))).toEqual({ code: "internal_error" });
    expect(await refusal(open([ringKey("k2", 9)], owner, sealed))).toEqual({ code: "internal_error" });
  });
});
