import type { DraftDocument } from "./draft-document.ts";
import type { Finding } from "./finding.ts";
import { isEnglish, wordsOf } from "./words.ts";

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

/*
 * Every threshold of the comparison, chosen on the 340 policy sets of `inference/training/worlds`. A model with another
 * encoder needs them measured anew; `npm run bench:lint` says what comes of them on drafts they were not chosen on.
 */
/** Policies at least this alike say the same to the embedded engine: 13 of the 23,690 pairs within those sets. */
const NEAR_DUPLICATE = 0.8;
/** Policies at least this alike share part of what they mean: 44 of the same pairs. */
const OVERLAP = 0.77;
/** The encoder's vocabulary is English: texts in another language all seem alike, and only what stands out is said. */
const ALIKE_UNREAD = 0.85;
/**
 * A description nearer to a sibling's name than to its own says what the sibling does, if half its cosine to the
 * sibling's description makes it so much together, or if the sibling's is in turn nearest to this name and both
 * differences sum up. That is said of 22 of the sets' 3,972 descriptions as they are; in sets of five, of 74 % of those
 * where two descriptions are exchanged and of 41 % where one is that of a policy named like a sibling elsewhere.
 */
const SAYS_WHAT_SIBLING_DOES = 0.6;
const NEARER_BY = 0.05;
const EXCHANGED = 0.2;
/** Of two that overlap, either fits the other's name: with less, more than 2 % of those that mean the same are misnamed. */
const MUCH_NEARER = 0.35;
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
  const read = isEnglish(policies.map(({ description }) => description));
  const misplaced = policies.map((_, index) => (read ? siblingDescribed(policies, index, similarities) : null));
  return policies.flatMap((policy, index) => [
    ...policies.slice(0, index).flatMap((earlier, place) => {
      // That one describes the other makes them alike: it is said once, as what it is.
      const said = misplaced[index] === place || misplaced[place] === index;
      return !said && comparable(policy, earlier)
        ? tooAlike(earlier, policy, index, alike(policies, similarities, index, place), read)
        : [];
    }),
    ...closerToSibling(policies, index, misplaced[index] ?? null, similarities.names),
  ]);
}

/**
 * A name alone makes two texts alike where descriptions are exchanged, so these count on their own as well; not so of
 * domains' own policies, which say "any other question" all of them and are told apart by their names.
 */
function alike(policies: readonly DraftPolicy[], cosines: Similarities, one: number, other: number): number {
  const [texts, descriptions] = [cosines.policies[one]?.[other] ?? 0, cosines.descriptions[one]?.[other] ?? 0];
  return policies[one]?.level === "domain" ? Math.min(texts, descriptions) : (texts + descriptions) / 2;
}

function tooAlike(earlier: DraftPolicy, policy: DraftPolicy, index: number, alike: number, read: boolean): Finding[] {
  if (alike < (read ? OVERLAP : ALIKE_UNREAD)) return [];
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

/** The place of the sibling whose job the description of a policy describes; null when it describes its own. */
function siblingDescribed(policies: readonly DraftPolicy[], index: number, similarities: Similarities): number | null {
  const { names, descriptions } = similarities;
  const policy = policies[index];
  if (policy === undefined || wordsOf(policy.description).length < 2) return null;
  const fit = (one: number, other: number): number => names[one]?.[other] ?? 0;
  const nearestOf = (one: number): number | undefined =>
    policies
      .map((sibling, place) => ({ sibling, place }))
      .filter(({ sibling, place }) => place !== one && comparable(policies[one] ?? policy, sibling))
      .toSorted((a, b) => fit(one, b.place) - fit(one, a.place))[0]?.place;
  const nearest = nearestOf(index);
  if (nearest === undefined || fit(index, nearest) < NEAR_A_NAME) return null;
  const nearer = fit(index, nearest) - fit(index, index);
  const inTurn = fit(nearest, index) - fit(nearest, nearest);
  const exchanged = nearestOf(nearest) === index && nearer > 0 && inTurn > 0 && nearer + inTurn >= EXCHANGED;
  const says = nearer + (descriptions[index]?.[nearest] ?? 0) / 2;
  const overlap = alike(policies, similarities, index, nearest) >= OVERLAP;
  const borrowed = overlap ? nearer >= MUCH_NEARER : nearer >= NEARER_BY && says >= SAYS_WHAT_SIBLING_DOES;
  return exchanged || borrowed ? nearest : null;
}

function closerToSibling(
  policies: readonly DraftPolicy[],
  index: number,
  place: number | null,
  names: Similarities["names"],
): Finding[] {
  const policy = policies[index];
  const sibling = place === null ? undefined : policies[place];
  if (policy === undefined || sibling === undefined || place === null) return [];
  const [near, own] = [names[index]?.[place] ?? 0, names[index]?.[index] ?? 0];
  const cosines = `${near.toFixed(2)} against ${own.toFixed(2)}`;
  const text = `"${policy.description}"`;
  return [
    {
      severity: "warning",
      code: "closer_to_sibling",
      path: ["policies", index, "description"],
      message: `The description of ${policy.name} is closer to the name ${sibling.name} (${cosines}): ${text}.`,
      hint: "Check that the descriptions are not exchanged; else use words of its own name in it.",
    },
  ];
}

/** A domain's own policy is meant to be near its actions, and a description that stands there twice is said to. */
const comparable = (one: DraftPolicy, other: DraftPolicy): boolean =>
  (one.level === "domain") === (other.level === "domain") &&
  wordsOf(one.description).join(" ") !== wordsOf(other.description).join(" ");
