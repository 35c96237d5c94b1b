import type { DraftDocument } from "../../routing/draft-document.ts";
import { difference, type Difference } from "../difference.ts";

type Policy = DraftDocument["policies"][number];

/** What differs between two documents of one router, by policy name. A policy that was renamed left and came. */
export interface DocumentDifference {
  readonly policies: {
    readonly added: readonly Policy[];
    readonly removed: readonly Policy[];
    readonly changed: readonly { readonly name: string; readonly changes: Difference }[];
    /** Whether the policies that both have stand in another order. */
    readonly reordered: boolean;
  };
  /** By JSON pointers into each part; empty where nothing differs. */
  readonly targets: Difference;
  readonly fallback: Difference;
  readonly unsure: Difference;
  readonly settings: Difference;
}

export function compareDocuments(from: DraftDocument, to: DraftDocument): DocumentDifference {
  const before = new Map(from.policies.map((policy) => [policy.name, policy]));
  const after = new Map(to.policies.map((policy) => [policy.name, policy]));
  const kept = to.policies.filter(({ name }) => before.has(name));
  const keptBefore = from.policies.filter(({ name }) => after.has(name));
  return {
    policies: {
      added: to.policies.filter(({ name }) => !before.has(name)),
      removed: from.policies.filter(({ name }) => !after.has(name)),
      changed: kept
        .map((policy) => ({ name: policy.name, changes: difference(before.get(policy.name), policy) }))
        .filter(({ changes }) => Object.keys(changes).length > 0),
      reordered: kept.some(({ name }, index) => keptBefore[index]?.name !== name),
    },
    targets: difference(from.targets, to.targets),
    fallback: difference(from.fallback, to.fallback),
    unsure: difference(from.unsure, to.unsure),
    settings: difference(from.settings, to.settings),
  };
}
