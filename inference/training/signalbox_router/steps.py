"""One training step's data: a few worlds, their conversations mixed, each under several policy sets."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .batches import Stretch
from .labels import Item, items_of, resolve
from .mixing import mix, plain
from .policy_text import policy_text, reword
from .segments import Segment, Segmenter
from .threads import Thread
from .views import draw_view
from .worlds import PolicyText, World


@dataclass
class Step(Stretch):
    """Segments to encode and the threads over them; `positives[turn]` are policies the contrastive loss pulls,
    `neutral[turn]` ones it leaves alone."""

    positives: dict[int, set[int]]
    neutral: dict[int, set[int]]


def coarse_worlds(worlds: list[World]) -> set[int]:
    """Worlds whose actions are spread over their domains, so that a domain can stand for its actions."""
    return {i for i, w in enumerate(worlds) if len({p.domain for p in w.policies}) > 1}


def build_step(worlds: list[World], conversations: int, views: int, segmenter: Segmenter, rng: random.Random) -> Step:
    """Draws `conversations` per world, mixes them and draws `views` policy sets for each."""
    threads = []
    for index, world in enumerate(worlds):
        wanted = 3 * conversations if world.kind == "intents" else conversations
        picked = rng.sample(world.conversations, min(wanted, len(world.conversations)))
        threads += [plain(c, index) for c in picked]
    threads = mix(threads, rng)
    domain_of = {(i, p.name): p.domain or "" for i, w in enumerate(worlds) for p in w.policies}
    coarse = coarse_worlds(worlds)
    segments: dict[Segment, int] = {}
    texts: dict[Item, int] = {}
    policy_segments: list[Segment] = []
    out: list[Thread] = []
    positives: dict[int, set[int]] = {}
    neutral: dict[int, set[int]] = {}
    originals = _originals(worlds)
    for thread in threads:
        turn_ids = [segments.setdefault(segmenter.turn(t.text, t.assistant), len(segments)) for t in thread.turns]
        for _ in range(views):
            chosen = draw_view(worlds, thread.truths, rng, coarse)
            for item in chosen:
                if item not in texts:
                    world, _, name = item
                    worded = reword(originals[item], rng, worlds[world].wordings.get(name, []))
                    texts[item] = len(policy_segments)
                    policy_segments.append(segmenter.policy(policy_text(worded.name, worded.description)))
            place = {item: j for j, item in enumerate(chosen)}
            chosen_set = set(chosen)
            labels = []
            for turn, truth in zip(turn_ids, thread.truths, strict=True):
                item = resolve(truth, chosen_set, domain_of)
                labels.append(len(chosen) if item is None else place[item])
                if item is not None:
                    positives.setdefault(turn, set()).add(texts[item])
            out.append(Thread(turn_ids, [texts[item] for item in chosen], labels))
        for turn, truth in zip(turn_ids, thread.truths, strict=True):
            neutral.setdefault(turn, set()).update(
                texts[item] for item in texts if item[0] == truth.world and item[1] != "action"
            )
    return Step(list(segments), policy_segments, out, positives, neutral)


def _originals(worlds: list[World]) -> dict[Item, PolicyText]:
    found: dict[Item, PolicyText] = {}
    for index, world in enumerate(worlds):
        actions, domains, product = items_of(world, index)
        found |= dict(zip(actions, world.policies, strict=True))
        found |= dict(zip(domains, world.domains, strict=True))
        found[product] = world.product
    return found
