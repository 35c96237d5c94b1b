"""Policy modification and irrelevance injection: the policy sets one conversation is judged under (phase 2)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .labels import Item, Truth, items_of
from .worlds import OTHER, World

MODES = {
    "actions": 0.20,
    "actions_and_domains": 0.12,
    "some_domains": 0.20,
    "all_domains": 0.11,
    "products": 0.07,
    "without_domain": 0.10,
    "without_actions": 0.12,
    "domain_behind_missing_action": 0.08,
}
MAX_POLICIES = 26


def draw_view(worlds: Sequence[World], truths: Sequence[Truth], rng: random.Random, coarse_ok: set[int]) -> list[Item]:
    """A policy set for a conversation whose turns ask for `truths`; worlds that no turn belongs to give distractors.

    `coarse_ok` lists the worlds whose policies may be replaced by their domain's.
    """
    own = sorted({t.world for t in truths})
    used = {(t.world, t.label) for t in truths if t.label != OTHER}
    mode = rng.choices(list(MODES), list(MODES.values()))[0]
    chosen: list[Item] = []
    for index in own:
        world = worlds[index]
        actions, domains, product = items_of(world, index)
        local = mode if index in coarse_ok or mode == "products" else rng.choice(("actions", "without_actions"))
        chosen += _candidates(local, world, index, actions, domains, product, used, rng)
    if rng.random() < 0.35:
        chosen = _thin(chosen, used, rng)
    if mode == "products" or len(chosen) < 3 or rng.random() < 0.35:
        chosen += _distractors(worlds, own, mode, rng, max(4, 2 + len(own)) if mode == "products" else 1)
    rng.shuffle(chosen)
    if len(chosen) > MAX_POLICIES:
        chosen.sort(key=lambda item: (item[0], item[2]) not in used)
        chosen = chosen[:MAX_POLICIES]
        rng.shuffle(chosen)
    return chosen


def _candidates(
    mode: str,
    world: World,
    index: int,
    actions: list[Item],
    domains: list[Item],
    product: Item,
    used: set[tuple[int, str]],
    rng: random.Random,
) -> list[Item]:
    domain_of = {p.name: p.domain for p in world.policies}
    used_here = [label for i, label in used if i == index]
    used_domains = sorted({domain_of.get(label) or label.removeprefix("domain:") for label in used_here})
    match mode:
        case "actions":
            return actions
        case "actions_and_domains":
            return actions + domains
        case "all_domains":
            return domains
        case "products":
            return [product]
        case "some_domains":
            coarse = {d[2] for d in domains if rng.random() < 0.5} or set(used_domains[:1])
            return [a for a in actions if domain_of[a[2]] not in coarse] + [d for d in domains if d[2] in coarse]
        case "without_domain":
            gone = rng.choice(used_domains) if used_domains else None
            rest = [d for d in domains if d[2] != gone] if rng.random() < 0.5 else []
            return [a for a in actions if domain_of[a[2]] != gone] + rest
        case _:
            removable = [label for label in used_here if label in domain_of]
            gone_actions = set(rng.sample(removable, min(len(removable), rng.randint(1, 3))))
            keep = [a for a in actions if a[2] not in gone_actions]
            return keep + domains if mode == "domain_behind_missing_action" else keep


def _thin(chosen: list[Item], used: set[tuple[int, str]], rng: random.Random) -> list[Item]:
    """Drops some candidates that no turn needs."""
    share = rng.uniform(0.2, 0.9)
    kept = [item for item in chosen if item[1] != "action" or (item[0], item[2]) in used or rng.random() > share]
    return kept if len(kept) >= 2 else chosen


def _distractors(worlds: Sequence[World], own: list[int], mode: str, rng: random.Random, least: int) -> list[Item]:
    """Policies of worlds that the conversation does not touch."""
    pool: list[Item] = []
    for index, world in enumerate(worlds):
        if index in own:
            continue
        actions, domains, product = items_of(world, index)
        if mode in ("products", "all_domains"):
            pool += domains if rng.random() < 0.6 else [product]
        else:
            pool += actions if rng.random() < 0.7 else domains
    return rng.sample(pool, min(len(pool), rng.randint(least, max(least, 7))))
