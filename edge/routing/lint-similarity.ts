import type { DraftDocument } from "./draft-document.ts";
import type { Finding } from "./finding.ts";
import { wordsOf } from "./words.ts";

/** Cosines of a draft's texts, by place in the draft, as the embedded engine measures them. */
export interface Similarities {
  /** Of the texts of policies i and j. */
  readonly policies: readonly (readonly number[])[];
  /** Of the description of policy i and the name of policy j. */
  readonly names: readonly (readonly number[])[];
}

type DraftPolicy = DraftDocument["policies"][number];

/**
 * Texts at least this alike say the same to the embedded engine. Of 7,211 pairs within the policy sets of every third
 * world in `inference/training/worlds` four reach it; six pairs of policies written to mean the same lie between 0.72
 * and 0.91.
 */
const NEAR_DUPLICATE = 0.7;
/** Texts at least this alike share part of what they mean: 22 of the same pairs. */
const OVERLAP = 0.62;
/**
 * A description this much nearer to a sibling's name than to its own, and at least so near, says what the sibling
 * does: of the 1,233 descriptions of the same worlds seven do, of those exchanged with their neighbour's 36 %.
 */
const NEARER_BY = 0.3;
const NEAR_A_NAME = 0.4;

const NOT_COMPARED: Finding = {
  severity: "info",
  code: "similarity_unchecked",
  path: ["policies"],
  message: "The inference service did not answer, so policies were not compared with each other.",
  hint: "Lint again in a moment.",
};

/** Policies that the router model cannot tell apart, or takes for one another; null when it could not be asked. */
export function lintSimilarity(policies: readonly DraftPolicy[], similarities: Similarities | null): Finding[] {
  if (policies.length < 2) return [];
  if (similarities === null) return [NOT_COMPARED];
  return policies.flatMap((policy, index) => [
    ...policies.slice(0, index).flatMap((earlier, place) => {
      if (!comparable(policy, earlier)) return [];
      return tooAlike(earlier, policy, index, similarities.policies[index]?.[place] ?? 0);
    }),
    ...closerToSibling(policies, policy, index, similarities),
  ]);
}

function tooAlike(earlier: DraftPolicy, policy: DraftPolicy, index: number, alike: number): Finding[] {
  if (alike < OVERLAP) return [];
  const texts = [earlier, policy].map(({ name, description }) => `"${name}: ${description}"`).join(" and ");
  const found = { path: ["policies", index], hint: "Say in each what belongs to the other, or make them one policy." };
  return alike < NEAR_DUPLICATE
    ? [{ ...found, severity: "info", code: "overlap", message: `These two overlap (${alike.toFixed(2)}): ${texts}.` }]
    : [
        {
          ...found,
          severity: "warning",
          code: "near_duplicate",
          message: `The router model hardly tells these two apart (${alike.toFixed(2)}): ${texts}.`,
        },
      ];
}

function closerToSibling(
  policies: readonly DraftPolicy[],
  policy: DraftPolicy,
  index: number,
  similarities: Similarities,
): Finding[] {
  const near = similarities.names[index] ?? [];
  const own = near[index] ?? 1;
  if (wordsOf(policy.description).length < 2) return [];
  const siblings = policies.flatMap((sibling, place) => {
    const alike = similarities.policies[index]?.[place] ?? 0;
    // Of two that are too alike, each is near the other's name: that is said once, above.
    if (place === index || alike >= OVERLAP || !comparable(policy, sibling)) return [];
    return [{ name: sibling.name, near: near[place] ?? 0 }];
  });
  const nearest = siblings.toSorted((a, b) => b.near - a.near)[0];
  if (nearest === undefined || nearest.near < NEAR_A_NAME || nearest.near - own < NEARER_BY) return [];
  const cosines = `${nearest.near.toFixed(2)} against ${own.toFixed(2)}`;
  return [
    {
      severity: "warning",
      code: "closer_to_sibling",
      path: ["policies", index, "description"],
      message: `The description of ${policy.name} is closer to the name ${nearest.name} (${cosines}): "${policy.description}".`,
      hint: "Check that the descriptions are not exchanged; else use words of its own name in it.",
    },
  ];
}

/** A domain's own policy is meant to be near its actions, and a description that stands there twice is said to. */
const comparable = (one: DraftPolicy, other: DraftPolicy): boolean =>
  (one.level === "domain") === (other.level === "domain") &&
  wordsOf(one.description).join(" ") !== wordsOf(other.description).join(" ");
