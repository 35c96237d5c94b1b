import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionRecord } from "../../test/stack/decision-record.ts";
import { storableRecord } from "./storable-record.ts";

/** Any UTF-16 unit, halves of surrogate pairs and control characters included. */
const utf16 = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

const QUEUE_LIMIT_BYTES = 128 * 1024;

describe("a record on its way to storage", () => {
  it("is left as it is when nothing about it is odd", () => {
    expect(storableRecord(decisionRecord())).toEqual(decisionRecord());
  });

  it("holds no text that PostgreSQL refuses, wherever a client or provider put it", () => {
    fc.assert(
      fc.property(fc.string({ unit: utf16 }), (text) => {
        const odd = decisionRecord({
          requested_model: `a\u0000${text}`,
          finish_reason: `${text}\ud800`,
          policy: text,
          alternatives: [{ policy: `${text}\u0000`, probability: 1 }],
        });
        const stored = JSON.stringify(storableRecord(odd));
        expect(stored).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
    );
  });

  it("stays under a queue's limit with every policy a router can have and the longest texts", () => {
    const alternatives = Array.from({ length: 201 }, (_, index) => ({
      policy: "界".repeat(64),
      probability: index / 20_100,
    }));
    const huge = "界".repeat(100_000);
    const record = storableRecord(
      decisionRecord({ alternatives, requested_model: huge, finish_reason: huge, upstream_model: huge }),
    );
    expect(new TextEncoder().encode(JSON.stringify(record)).length).toBeLessThan(QUEUE_LIMIT_BYTES / 4);
    expect(record.alternatives).toHaveLength(50);
    expect(record.alternatives[0]!.probability).toBe(200 / 20_100);
  });
});
