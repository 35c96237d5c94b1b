"""Benchmark records: built from held-out worlds in the paper's three scenarios, or read from files."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from .labels import Item, Truth, items_of, resolve
from .steps import coarse_worlds
from .worlds import Conversation, PolicyText, World

Record = dict[str, Any]


def held_out_records(worlds: list[World], seed: int = 7) -> list[Record]:
    """fQfA (all actions, two times in three with the domains beside), fQcA (the main domain instead of its actions) and
    Irrelevance (the main domain gone) for every conversation; worlds whose policies share one domain give fQfA only."""
    coarse = coarse_worlds(worlds)
    records: list[Record] = []
    for index, world in enumerate(worlds):
        rng = random.Random(f"{seed}/{world.id}")
        domain_of = {(index, p.name): p.domain or "" for p in world.policies}
        for number, conversation in enumerate(world.conversations):
            main = _main_domain(conversation, world)
            for scenario in ("fQfA", "fQcA", "Irrelevance"):
                if scenario != "fQfA" and (index not in coarse or main is None):
                    continue
                chosen = _chosen(scenario, world, index, main, rng)
                records.append(_record(world, number, scenario, chosen, conversation, domain_of, index))
    return records


def _main_domain(conversation: Conversation, world: World) -> str | None:
    domain_of = {p.name: p.domain for p in world.policies}
    counts = Counter(
        domain_of.get(label) or label.removeprefix("domain:") for label in conversation.labels if label != "other"
    )
    return counts.most_common(1)[0][0] if counts else None


def _chosen(scenario: str, world: World, index: int, main: str | None, rng: random.Random) -> list[Item]:
    actions, domains, _ = items_of(world, index)
    domain_of = {p.name: p.domain for p in world.policies}
    if scenario == "fQfA":
        chosen = actions + (domains if rng.random() < 0.67 and index in coarse_worlds([world] * (index + 1)) else [])
    else:
        chosen = [a for a in actions if domain_of[a[2]] != main]
        if scenario == "fQcA":
            chosen += [d for d in domains if d[2] == main]
    rng.shuffle(chosen)
    return chosen


def _record(
    world: World,
    number: int,
    scenario: str,
    chosen: list[Item],
    conversation: Conversation,
    domain_of: dict[tuple[int, str], str],
    index: int,
) -> Record:
    texts: dict[tuple[str, str], PolicyText] = {("action", p.name): p for p in world.policies}
    texts |= {("domain", d.name): d for d in world.domains}
    turns: list[dict[str, str]] = []
    for turn in conversation.turns:
        if turn.assistant:
            turns.append({"role": "assistant", "content": turn.assistant})
        turns.append({"role": "user", "content": turn.text})
    labels = [resolve(Truth(index, label), set(chosen), domain_of) for label in conversation.labels]
    return {
        "id": f"{world.id}/{number}/{scenario.lower()}",
        "dataset": "held_out_worlds",
        "scenario": scenario,
        "policies": [
            {
                "name": name,
                "description": texts[kind, name].description,
                "domain": texts[kind, name].domain or name,
                "action": name if kind == "action" else None,
            }
            for _, kind, name in chosen
        ],
        "turns": turns,
        "labels": ["other" if item is None else item[2] for item in labels],
    }


def read_records(paths: list[Path]) -> list[Record]:
    """Records of JSONL files, in order."""
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line]
