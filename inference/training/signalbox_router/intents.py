"""Intent sets (kept outside the repository) as worlds of short threads, with policy texts written for them here."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

from .near_duplicates import NearDuplicates
from .worlds import Conversation, PolicyText, UserTurn, World

POLICIES = Path(__file__).resolve().parent.parent / "intent-policies"
SETS = ("banking77", "hwu64", "snips")
POLICIES_PER_WORLD = 16
CONVERSATIONS_PER_WORLD = 60
WORLDS_PER_SET = {"banking77": 60, "hwu64": 60, "snips": 12}


def load_intent_worlds(folder: Path, avoid: NearDuplicates | None = None, seed: int = 3) -> list[World]:
    """Many small worlds per set, each with some of its intents; texts near those in `avoid` are left out."""
    worlds: list[World] = []
    for name in SETS:
        path = folder / f"{name}_train.jsonl"
        if path.exists():
            worlds += _worlds(name, _texts(path, avoid), random.Random(f"{seed}/{name}"))
    return worlds


def _texts(path: Path, avoid: NearDuplicates | None) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if avoid is None or not avoid.near(row["text"]):
            texts[row["intent"]].append(row["text"])
    return texts


def _worlds(name: str, texts: dict[str, list[str]], rng: random.Random) -> list[World]:
    domains, intents = read_policies(POLICIES / f"{name}.txt")
    worlds: list[World] = []
    for number in range(WORLDS_PER_SET[name]):
        chosen = _draw_intents(intents, rng)
        chosen_domains = {intents[intent][0] for intent in chosen} - {"-"}
        worlds.append(
            World(
                id=f"{name}-{number}",
                kind="intents",
                product=PolicyText(name, "Short requests to an assistant"),
                domains=[PolicyText(d, domains[d][0].description) for d in sorted(chosen_domains)],
                policies=[PolicyText(i, intents[i][1][0].description, intents[i][0]) for i in chosen],
                conversations=[thread_of(chosen, texts, rng) for _ in range(CONVERSATIONS_PER_WORLD)],
                wordings={d: domains[d] for d in chosen_domains} | {i: intents[i][1] for i in chosen},
            )
        )
    return worlds


def _draw_intents(intents: dict[str, tuple[str, list[PolicyText]]], rng: random.Random) -> list[str]:
    """Half whole domains (siblings), half single intents from anywhere."""
    names = list(intents)
    seed = rng.choice(names)
    siblings = [n for n in names if intents[n][0] == intents[seed][0]]
    chosen = rng.sample(siblings, min(len(siblings), POLICIES_PER_WORLD // 2))
    rest = [n for n in names if n not in chosen]
    return chosen + rng.sample(rest, min(len(rest), POLICIES_PER_WORLD - len(chosen)))


def thread_of(chosen: list[str], texts: dict[str, list[str]], rng: random.Random) -> Conversation:
    """One request to one of the chosen, or a few in a row that stay on an intent about half of the time."""
    length = 1 if rng.random() < 0.6 else rng.randint(2, 6)
    labels = [rng.choice(chosen)]
    while len(labels) < length:
        labels.append(labels[-1] if rng.random() < 0.5 else rng.choice(chosen))
    return Conversation(tuple(UserTurn(rng.choice(texts[label]), "") for label in labels), tuple(labels))


def read_policies(path: Path) -> tuple[dict[str, list[PolicyText]], dict[str, tuple[str, list[PolicyText]]]]:
    """(domains' texts, each intent's domain and texts) of a file of `intent-policies`."""
    domains: dict[str, list[PolicyText]] = {}
    intents: dict[str, tuple[str, list[PolicyText]]] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        key, *fields = [field.strip() for field in line.split(" | ")]
        if key.startswith("domain "):
            domains[key.removeprefix("domain ")] = [_policy(f) for f in fields]
        else:
            intents[key] = (fields[0], [_policy(f, fields[0]) for f in fields[1:]])
    return domains, intents


def _policy(text: str, domain: str | None = None) -> PolicyText:
    name, description = text.split(": ", 1)
    return PolicyText(name, description, domain)
