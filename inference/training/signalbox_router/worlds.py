"""Worlds: hand-written products with policies and labelled conversations (phase 1 of the data)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

OTHER = "other"
DOMAIN_PREFIX = "domain:"
HELD_OUT = Path(__file__).resolve().parent.parent / "held-out.json"


@dataclass(frozen=True)
class UserTurn:
    """One user turn, with the assistant's turn right before it (empty when there is none)."""

    text: str
    assistant: str


@dataclass(frozen=True)
class Conversation:
    """User turns in order; labels[i] is an action name, `domain:<name>` or `other`."""

    turns: tuple[UserTurn, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class PolicyText:
    """Name and description as an owner would write them; `domain` is None for a domain-level policy."""

    name: str
    description: str
    domain: str | None = None


@dataclass
class World:
    """One product: its domain-level and action-level policies and its conversations.

    `wordings` holds other texts for a policy of the same meaning, keyed by its name.
    """

    id: str
    kind: str
    product: PolicyText
    domains: list[PolicyText]
    policies: list[PolicyText]
    conversations: list[Conversation]
    wordings: dict[str, list[PolicyText]] = field(default_factory=dict)


def load_worlds(folder: Path) -> list[World]:
    """All worlds of a folder, in file order; `domain-corrections.json` beside it mends policies' domains."""
    corrections_file = folder.parent / "domain-corrections.json"
    corrections = json.loads(corrections_file.read_text("utf-8")) if corrections_file.exists() else {}
    return [_load(path, corrections.get(path.stem, {})) for path in sorted(folder.glob("*.json"))]


def _load(path: Path, corrections: dict[str, str]) -> World:
    raw = json.loads(path.read_text("utf-8"))
    policies = [
        PolicyText(p["name"], p["description"], corrections.get(p["name"], p["domain"])) for p in raw["policies"]
    ]
    return World(
        id=path.stem,
        kind=path.stem[0],
        product=PolicyText(raw["id"], raw["title"]),
        domains=[PolicyText(d["name"], d["description"]) for d in raw["domains"]],
        policies=policies,
        conversations=[_conversation(c["turns"], c["labels"]) for c in raw["conversations"]],
    )


def _conversation(turns: list[list[str]], labels: list[str]) -> Conversation:
    users: list[UserTurn] = []
    assistant = ""
    for role, text in turns:
        if role == "a":
            assistant = text
        else:
            users.append(UserTurn(text, assistant))
            assistant = ""
    return Conversation(tuple(users), tuple(labels))


def split_held_out(worlds: list[World]) -> tuple[list[World], list[World]]:
    """(training, held out): the worlds listed in held-out.json, spread over the kinds of the first three waves. They
    select and calibrate; the list is fixed so that figures stay comparable when worlds are added."""
    chosen = set(json.loads(HELD_OUT.read_text("utf-8")))
    return [w for w in worlds if w.id not in chosen], [w for w in worlds if w.id in chosen]
