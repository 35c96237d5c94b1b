"""Easier questions for a model that has never looked an answer up in its prompt: few policies, none that fits no
policy, requests in words of a description itself, and real requests with words of the right description strewn in. A
small model stays at guessing for thousands of real questions; it finds copied words within hundreds, and from there
what means the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .examples import Example
from .formats import Policy

SHORTEST_LOOKUP = 3
MOST_HINTS = 6
LOOKUPS_WITH_GAPS = 0.4
GAPS = 0.4
LOOKUPS_IN_DISORDER = 0.2


@dataclass(frozen=True)
class Easing:
    """How much easier; the defaults leave everything as it is."""

    fewest: int = 0
    most: int = 0
    """Policies of a set, drawn anew for each; 0 keeps all. Decisions for others are left out."""
    lookups: float = 0.0
    """Requests in a description's own words for each conversation."""
    hints: float = 0.0
    """Share of the requests that begin a conversation and end it to which one to six words are added."""
    others: float = 1.0
    """Share to keep of the decisions that no policy fits."""


def ease(groups: Iterator[tuple[Example, ...]], easing: Easing, seed: int) -> Iterator[tuple[Example, ...]]:
    """The groups with their questions made easier; those of which nothing is left are left out."""
    rng = random.Random(seed)
    for group in groups:
        policies = _some_policies(group, easing, rng)
        names = {name for name, _ in policies}
        kept = []
        for example in group:
            decisions = tuple(
                (end, name)
                for end, name in example.decisions
                if name in names or (name is None and rng.random() < easing.others)
            )
            if decisions:
                some = replace(example, policies=policies, decisions=decisions)
                kept.append(_hinted(some, rng) if rng.random() < easing.hints else some)
        if kept:
            lookups = [lookup for _ in range(round(len(kept) * easing.lookups)) for lookup in _lookup(kept[0], rng)]
            # Of a sequence that grows too long the end is cut off.
            yield tuple(rng.sample(kept + lookups, len(kept + lookups)) if lookups else kept)


def _some_policies(group: tuple[Example, ...], easing: Easing, rng: random.Random) -> tuple[Policy, ...]:
    policies = group[0].policies
    if not easing.most:
        return policies
    needed = list(dict.fromkeys(name for e in group for _, name in e.decisions if name is not None))
    spare = [name for name, _ in policies if name not in needed]
    rng.shuffle(needed)
    rng.shuffle(spare)
    chosen = set([*needed, *spare][: rng.randint(easing.fewest, easing.most)])
    return tuple(policy for policy in policies if policy[0] in chosen)


def _hinted(example: Example, rng: random.Random) -> Example:
    """With words of the right description anywhere in the request, where the request is all there is."""
    (_, name), *_ = example.decisions
    hints = dict(example.policies)[name].split() if name is not None else []
    if len(example.turns) > 1 or not hints:
        return example
    words = example.turns[0][1].split(" ")
    for hint in rng.sample(hints, min(len(hints), rng.randint(1, MOST_HINTS))):
        words.insert(rng.randint(0, len(words)), hint)
    return replace(example, turns=(("user", " ".join(words)),))


def _lookup(example: Example, rng: random.Random) -> Iterator[Example]:
    """A request that quotes a part of one policy's description, some with gaps or in disorder; none of an empty one."""
    name, description = rng.choice(example.policies)
    words = description.split()
    if not words:
        return
    length = rng.randint(min(SHORTEST_LOOKUP, len(words)), len(words))
    start = rng.randint(0, len(words) - length)
    quoted = words[start : start + length]
    if rng.random() < LOOKUPS_WITH_GAPS:
        quoted = [word for word in quoted if rng.random() >= GAPS] or quoted
    if rng.random() < LOOKUPS_IN_DISORDER:
        rng.shuffle(quoted)
    yield replace(example, turns=(("user", " ".join(quoted)),), decisions=((1, name),))
