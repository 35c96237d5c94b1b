import { describe, expect, it } from "vitest";
import type { Reading } from "./decision.ts";
import { judge } from "./judge.ts";
import { settingsSchema } from "./router-document.ts";

const settings = settingsSchema.parse({ min_confidence: 0.5 });

const reading = (scores: [string | null, number][], unsureReason: "refused" | null = null): Reading => ({
  source: "engine",
  scores: scores.map(([policy, probability]) => ({ policy, probability })),
  unsureReason,
  engine: "embedded@1",
  decideMs: 3,
});

describe("a reading, judged", () => {
  it.each([
    [
      "the most probable policy matches",
      reading([
        ["a", 0.2],
        ["b", 0.7],
        [null, 0.1],
      ]),
      "matched",
      "b",
      0.7,
    ],
    [
      "nothing fits best",
      reading([
        ["a", 0.2],
        [null, 0.8],
      ]),
      "other",
      null,
      0.8,
    ],
    [
      "just at the threshold it matches",
      reading([
        ["a", 0.5],
        [null, 0.5],
      ]),
      "matched",
      "a",
      0.5,
    ],
    [
      "under the threshold nobody is sure",
      reading([
        ["a", 0.49],
        ["b", 0.3],
        [null, 0.21],
      ]),
      "unsure",
      null,
      0.49,
    ],
    [
      "not even that nothing fits",
      reading([
        ["a", 0.3],
        ["b", 0.3],
        [null, 0.4],
      ]),
      "unsure",
      null,
      0.4,
    ],
    [
      "a refusal is unsure whatever it says",
      reading(
        [
          ["a", 0.99],
          [null, 0.01],
        ],
        "refused",
      ),
      "unsure",
      null,
      0.99,
    ],
    [
      "of equals the first published one counts",
      reading([
        ["a", 0.5],
        ["b", 0.5],
      ]),
      "matched",
      "a",
      0.5,
    ],
    ["a fallback has no outcome", { source: "fallback:timeout", decideMs: 250 }, null, null, null],
  ] as const)("%s", (_name, given, outcome, policy, confidence) => {
    expect(judge(given, settings)).toEqual({ outcome, policy, confidence });
  });

  it("follows a threshold that changed since, as the reading holds none", () => {
    const given = reading([
      ["a", 0.6],
      [null, 0.4],
    ]);
    expect(judge(given, { ...settings, min_confidence: 0.6 }).outcome).toBe("matched");
    expect(judge(given, { ...settings, min_confidence: 0.61 }).outcome).toBe("unsure");
  });
});
