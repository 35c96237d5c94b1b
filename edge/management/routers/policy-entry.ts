import type { DraftDocument } from "../../routing/draft-document.ts";
import type { Target } from "../../routing/router-document.ts";
import type { PolicyEntry, PolicyInput } from "./policies.schema.ts";

/** A policy of a draft with its target; undefined when the draft has none of this name. */
export function entryOf(document: DraftDocument, name: string): PolicyEntry | undefined {
  const policy = document.policies.find((candidate) => candidate.name === name);
  return policy === undefined ? undefined : { ...policy, target: targetOf(document, name) };
}

/** The entry that an input makes of a policy whose target was `target`; a target not named stays as it is. */
export const entryFrom = ({ target: named, ...policy }: PolicyInput, target: Target | null): PolicyEntry => ({
  ...policy,
  target: named === undefined ? target : named,
});

/** The draft with `entry` in the place of the policy `name`, or as its last when there is none of that name. */
export function withEntry(document: DraftDocument, name: string, entry: PolicyEntry): DraftDocument {
  const { target, ...policy } = entry;
  const targets = Object.entries(document.targets).filter(([of]) => of !== name && of !== entry.name);
  const place = document.policies.findIndex((candidate) => candidate.name === name);
  return {
    ...document,
    policies: place === -1 ? [...document.policies, policy] : document.policies.with(place, policy),
    targets: Object.fromEntries(target === null ? targets : [...targets, [entry.name, target]]),
  };
}

/** The draft without the policy of this name and its target. */
export const withoutEntry = (document: DraftDocument, name: string): DraftDocument => ({
  ...document,
  policies: document.policies.filter((policy) => policy.name !== name),
  targets: Object.fromEntries(Object.entries(document.targets).filter(([of]) => of !== name)),
});

/** Whether a draft has a policy of this name, letter case aside, other than `except`. */
export const nameTaken = (document: DraftDocument, name: string, except: string | null): boolean =>
  document.policies.some((policy) => policy.name !== except && policy.name.toLowerCase() === name.toLowerCase());

function targetOf({ targets }: DraftDocument, name: string): Target | null {
  return Object.hasOwn(targets, name) ? (targets[name] ?? null) : null;
}
