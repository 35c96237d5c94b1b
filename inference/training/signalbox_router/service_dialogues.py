"""STAR (Mosig et al. 2020, MIT), kept outside the repository: people and a wizard-of-Oz assistant over 24 tasks."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from .intents import POLICIES, read_policies
from .near_duplicates import NearDuplicates
from .worlds import OTHER, Conversation, PolicyText, UserTurn, World

WORLDS = 60
TASKS_PER_WORLD = 12
CONVERSATIONS_PER_WORLD = 120
# What the assistant answers when the user greets, thanks, takes leave or asks for what it cannot do.
NO_TASK = ("hello", "goodbye", "anything_else", "out_of_scope")


def load_service_worlds(folder: Path, avoid: NearDuplicates | None = None, seed: int = 5) -> list[World]:
    """Worlds over a dozen of the tasks each; the label of a turn is the task that the assistant's next action serves.

    `folder` holds STAR's `dialogues`; nothing is loaded when there is none. Texts near those in `avoid` end a
    conversation before they come.
    """
    files = sorted((folder / "dialogues").glob("*.json"))
    if not files:
        return []
    domains, tasks = read_policies(POLICIES / "star.txt")
    read = [_conversation(json.loads(path.read_text("utf-8")), tasks, avoid) for path in files]
    conversations = [c for c in read if c is not None]
    rng = random.Random(seed)
    return [_world(number, conversations, domains, tasks, rng) for number in range(WORLDS)]


def _world(
    number: int,
    conversations: list[Conversation],
    domains: dict[str, list[PolicyText]],
    tasks: dict[str, tuple[str, list[PolicyText]]],
    rng: random.Random,
) -> World:
    chosen = set(rng.sample(sorted(tasks), TASKS_PER_WORLD))
    fitting = [c for c in conversations if set(c.labels) - {OTHER} <= chosen]
    used_domains = sorted({tasks[task][0] for task in chosen})
    return World(
        id=f"star-{number}",
        kind="star",
        product=PolicyText("everyday services", "Bookings and answers around town"),
        domains=[PolicyText(d, domains[d][0].description) for d in used_domains],
        policies=[PolicyText(t, tasks[t][1][0].description, tasks[t][0]) for t in sorted(chosen)],
        conversations=rng.sample(fitting, min(len(fitting), CONVERSATIONS_PER_WORLD)),
        wordings={d: domains[d] for d in used_domains} | {t: tasks[t][1] for t in chosen},
    )


def _conversation(dialogue: dict[str, Any], tasks: dict[str, Any], avoid: NearDuplicates | None) -> Conversation | None:
    able = [capability["Task"] for capability in dialogue["Scenario"]["WizardCapabilities"]]
    able = [task for task in able if task in tasks]
    turns: list[UserTurn] = []
    labels: list[str] = []
    assistant, spoken, task = "", "", able[0] if len(able) == 1 else None
    pending: str | None = None
    actions: list[str] = []
    for event in [*dialogue["Events"], {"Agent": "User", "Action": "utter", "Text": ""}]:
        if event["Agent"] == "User" and event["Action"] == "utter":
            if pending is not None:
                task = _served(actions, able, task)
                if avoid is not None and avoid.near(pending):
                    break
                idle = all(action.startswith(NO_TASK) or action.endswith("_bye") for action in actions)
                label = OTHER if idle and actions else task
                if label is None:
                    break
                turns.append(UserTurn(pending, assistant))
                labels.append(label)
                assistant = spoken
            pending, actions, spoken = event["Text"] or None, [], ""
        elif event["Agent"] == "Wizard" and event["Action"] in ("pick_suggestion", "utter"):
            spoken = event["Text"]
            actions.append(event.get("ActionLabel", "said"))
        elif event["Agent"] == "Wizard" and event["Action"] == "query":
            actions.append(event["APIName"])
    return Conversation(tuple(turns), tuple(labels)) if turns else None


def _served(actions: list[str], able: list[str], running: str | None) -> str | None:
    """The task of the last telling action: named by it, or the only one of its domain that the wizard was given."""
    for action in reversed(actions):
        if action in able:
            return action
        of_domain = [task for task in able if task.split("_")[0] == action.split("_")[0]]
        if len(of_domain) == 1:
            return of_domain[0]
        if running in of_domain:
            return running
    return running
