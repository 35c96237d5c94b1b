import type { DraftDocument } from "./draft-document.ts";
import type { Finding } from "./finding.ts";
import { wordsOf } from "./words.ts";

/** Cosines of a draft's texts, by place in the draft, as the embedded engine measures them. */
export interface Similarities {
  /** Of the texts of policies i and j. */
  readonly policies: readonly (readonly number[])[];
  /** Of their descriptions alone. */
  readonly descriptions: readonly (readonly number[])[];
  /** Of the description of policy i and the name of policy j. */
  readonly names: readonly (readonly number[])[];
}

type DraftPolicy = DraftDocument["policies"][number];

/**
 * Policies at least this alike say the same to the embedded engine: of 7,884 pairs within the policy sets of every
 * third world in `inference/training/worlds` four do. A model with another encoder needs both numbers measured anew.
 */
const NEAR_DUPLICATE = 0.8;
/** Policies at least this alike share part of what they mean: 19 of the same pairs. */
const OVERLAP = 0.77;
/**
 * A description this much nearer to a sibling's name than to its own, and at least so near, says what the sibling
 * does. In 340 sets of five policies of those worlds 15 of the 1,700 descriptions do; when two are exchanged, one of
 * them does in 48 % of the sets.
 */
const NEARER_BY = 0.25;
/** So much is enough when the sibling's description is as much nearer to this policy's name. */
const EXCHANGED = 0.15;
const NEAR_A_NAME = 0.3;

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
  // A name alone makes two texts alike where descriptions are exchanged, so these count on their own as well.
  const alike = (one: number, other: number): number => {
    const { policies: texts, descriptions } = similarities;
    return ((texts[one]?.[other] ?? 0) + (descriptions[one]?.[other] ?? 0)) / 2;
  };
  return policies.flatMap((policy, index) => [
    ...policies.slice(0, index).flatMap((earlier, place) => {
      return comparable(policy, earlier) ? tooAlike(earlier, policy, index, alike(index, place)) : [];
    }),
    ...closerToSibling(policies, index, similarities.names, (place) => alike(index, place)),
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
  index: number,
  names: Similarities["names"],
  alike: (place: number) => number,
): Finding[] {
  const policy = policies[index];
  if (policy === undefined || wordsOf(policy.description).length < 2) return [];
  const own = names[index]?.[index] ?? 1;
  /** By how much the description of one policy is nearer to the name of another than to its own. */
  const nearerBy = (one: number, other: number): number => (names[one]?.[other] ?? 0) - (names[one]?.[one] ?? 1);
  const [nearest] = policies
    .map((sibling, place) => ({ sibling, place, near: names[index]?.[place] ?? 0 }))
    // Of two that are too alike, each fits the other's name: that is said once, of the two.
    .filter(({ sibling, place }) => place !== index && alike(place) < OVERLAP && comparable(policy, sibling))
    .filter(({ place }) => {
      const exchanged = Math.min(nearerBy(index, place), nearerBy(place, index)) >= EXCHANGED;
      return exchanged || nearerBy(index, place) >= NEARER_BY;
    })
    .toSorted((a, b) => b.near - a.near);
  if (nearest === undefined || nearest.near < NEAR_A_NAME) return [];
  const cosines = `${nearest.near.toFixed(2)} against ${own.toFixed(2)}`;
  const text = `"${policy.description}"`;
  return [
    {
      severity: "warning",
      code: "closer_to_sibling",
      path: ["policies", index, "description"],
      message: `The description of ${policy.name} is closer to the name ${nearest.sibling.name} (${cosines}): ${text}.`,
      hint: "Check that the descriptions are not exchanged; else use words of its own name in it.",
    },
  ];
}

/** A domain's own policy is meant to be near its actions, and a description that stands there twice is said to. */
const comparable = (one: DraftPolicy, other: DraftPolicy): boolean =>
  (one.level === "domain") === (other.level === "domain") &&
  wordsOf(one.description).join(" ") !== wordsOf(other.description).join(" ");
