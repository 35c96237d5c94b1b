"""Supervised examples from worlds: conversations mixed, each under several policy sets, policies reworded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signalbox_router.labels import Item, items_of, resolve
from signalbox_router.mixing import Thread, mix, plain
from signalbox_router.policy_text import reword
from signalbox_router.steps import coarse_worlds
from signalbox_router.views import draw_view
from signalbox_router.worlds import OTHER, PolicyText, World

from .formats import Policy, Turn

WORLDS_AT_ONCE = 3


@dataclass(frozen=True)
class Example:
    """One conversation under one policy set: a decision after every user turn."""

    world: str
    policies: tuple[Policy, ...]
    turns: tuple[Turn, ...]
    decisions: tuple[tuple[int, str | None], ...]
    """(turns up to and including the user's, policy or `None` for `other`)"""


def draw_examples(worlds: Sequence[World], decisions: int, seed: int, views: int = 2) -> Iterator[Example]:
    """Examples until they hold at least `decisions` decisions; every world's conversations come round in turn."""
    for (example,) in draw_groups(worlds, decisions, seed, views):
        yield example


def draw_groups(
    worlds: Sequence[World], decisions: int, seed: int, views: int = 2, companions: int = 0
) -> Iterator[tuple[Example, ...]]:
    """The same, each with up to `companions` other conversations of its worlds under the same policy set."""
    rng = random.Random(seed)
    made = 0
    order: list[int] = []
    while made < decisions:
        if len(order) < WORLDS_AT_ONCE:
            order = rng.sample(range(len(worlds)), len(worlds))
        group = [worlds[order.pop()] for _ in range(min(WORLDS_AT_ONCE, len(order)))]
        threads = mix([plain(c, i) for i, w in enumerate(group) for c in w.conversations], rng)
        for thread in threads:
            for _ in range(views):
                chosen = draw_view(group, thread.truths, rng, coarse_worlds(group))
                worded = _worded(group, chosen, rng)
                others = _of_the_same_worlds(thread, threads)
                together = [thread, *rng.sample(others, min(companions, len(others)))] if companions else [thread]
                examples = tuple(_example(group, one, chosen, worded) for one in together)
                made += sum(len(example.decisions) for example in examples)
                yield examples


def _of_the_same_worlds(thread: Thread, threads: Sequence[Thread]) -> list[Thread]:
    own = {truth.world for truth in thread.truths}
    return [other for other in threads if other is not thread and {truth.world for truth in other.truths} <= own]


def _example(group: list[World], thread: Thread, chosen: list[Item], worded: dict[Item, Policy]) -> Example:
    domain_of = {(i, p.name): p.domain or "" for i, w in enumerate(group) for p in w.policies}
    turns: list[Turn] = []
    decisions = []
    for user, truth in zip(thread.turns, thread.truths, strict=True):
        if user.assistant:
            turns.append(("assistant", user.assistant))
        turns.append(("user", user.text))
        item = resolve(truth, set(chosen), domain_of)
        decisions.append((len(turns), None if item is None else worded[item][0]))
    if turns[0][0] == "assistant":
        turns, decisions = turns[1:], [(end - 1, name) for end, name in decisions]
    return Example(group[thread.truths[0].world].id, tuple(worded[i] for i in chosen), tuple(turns), tuple(decisions))


def _worded(group: list[World], chosen: list[Item], rng: random.Random) -> dict[Item, Policy]:
    """A text for each candidate; names stay unique, as a router's must be, and none is `other`."""
    texts: dict[Item, PolicyText] = {}
    for index, world in enumerate(group):
        actions, domains, product = items_of(world, index)
        texts |= dict(zip(actions, world.policies, strict=True)) | dict(zip(domains, world.domains, strict=True))
        texts[product] = world.product
    taken: set[str] = {OTHER}
    worded: dict[Item, Policy] = {}
    for item in chosen:
        original = texts[item]
        policy = reword(original, rng, group[item[0]].wordings.get(item[2], []))
        name = policy.name
        for candidate in (policy.name, original.name, f"{original.name} {item[1]}"):
            name = candidate
            if candidate.casefold() not in taken:
                break
        while name.casefold() in taken:
            name += " 2"
        taken.add(name.casefold())
        worded[item] = (name, policy.description)
    return worded
