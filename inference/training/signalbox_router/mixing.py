"""Scenario mixing: splices, abandoned topics and returns, off-topic turns, threads without the assistant (phase 2)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .labels import Truth
from .worlds import Conversation, UserTurn

MAX_TURNS = 14


@dataclass(frozen=True)
class Thread:
    """User turns with what each asks for; consecutive ones are one conversation."""

    turns: tuple[UserTurn, ...]
    truths: tuple[Truth, ...]


def plain(conversation: Conversation, world: int) -> Thread:
    """A conversation as it was written."""
    return Thread(conversation.turns, tuple(Truth(world, label) for label in conversation.labels))


def mix(threads: Sequence[Thread], rng: random.Random) -> list[Thread]:
    """The same conversations, some of them spliced with another or stripped of the assistant's turns."""
    mixed: list[Thread] = []
    for thread in threads:
        other = rng.choice(threads)
        draw = rng.random()
        if other is not thread and draw < 0.10:
            thread = _join(_cut(thread, rng), other)
        elif other is not thread and draw < 0.22 and len(thread.turns) > 1:
            thread = _insert(thread, other, rng.randint(1, 3), rng)
        elif other is not thread and draw < 0.30 and len(thread.turns) > 1:
            thread = _insert(thread, other, 1, rng)
        if rng.random() < 0.12:
            thread = Thread(tuple(UserTurn(t.text, "") for t in thread.turns), thread.truths)
        mixed.append(Thread(thread.turns[:MAX_TURNS], thread.truths[:MAX_TURNS]))
    return mixed


def _cut(thread: Thread, rng: random.Random) -> Thread:
    """The topic is abandoned after a turn."""
    end = rng.randint(1, len(thread.turns))
    return Thread(thread.turns[:end], thread.truths[:end])


def _join(first: Thread, second: Thread) -> Thread:
    return Thread(first.turns + second.turns, first.truths + second.truths)


def _insert(thread: Thread, guest: Thread, length: int, rng: random.Random) -> Thread:
    """The user leaves for the guest's topic and comes back."""
    at = rng.randint(1, len(thread.turns) - 1)
    return Thread(
        thread.turns[:at] + guest.turns[:length] + thread.turns[at:],
        thread.truths[:at] + guest.truths[:length] + thread.truths[at:],
    )
