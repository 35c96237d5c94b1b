"""Tool-choice sets (kept outside the repository) as worlds: a tool is a policy, a request that needs it a user turn.

MetaTool (Huang et al. 2023, MIT), Seal-Tools (Wu et al. 2024, Apache-2.0) and the Berkeley Function-Calling Leaderboard
(Patil et al., Apache-2.0). They hold thousands of names and descriptions that people or generators wrote, far more
than the worlds do.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .intents import thread_of
from .near_duplicates import NearDuplicates
from .worlds import OTHER, Conversation, PolicyText, UserTurn, World

TOOLS_PER_WORLD = 16
CONVERSATIONS_PER_WORLD = 60
METATOOL_WORLDS, SEAL_WORLDS, FUNCTION_WORLDS = 60, 120, 60
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
# Functions that the leaderboard took from Schema-Guided Dialogue, a source of the benchmark, and every row with them.
SCHEMA_GUIDED = re.compile(r"^[A-Z][A-Za-z]*_\d+_[A-Z]")
LEADING = re.compile(r"^(then|next|after that|lastly|finally|also|additionally|furthermore|moreover),?\s+", re.I)


def load_tool_worlds(folder: Path, avoid: NearDuplicates | None = None, seed: int = 9) -> list[World]:
    """Worlds of the sets found in `folder` (`metatool`, `seal`, `bfcl`); texts near those in `avoid` are left out."""
    rng = random.Random(seed)
    worlds: list[World] = []
    if (folder / "metatool").exists():
        tools, texts = _metatool(folder / "metatool")
        texts = _without(texts, avoid)
        worlds += [_world(f"metatool-{n}", tools, texts, sorted(texts), rng) for n in range(METATOOL_WORLDS)]
    if (folder / "seal").exists():
        tools, texts, fields = _seal(folder / "seal")
        texts = _without(texts, avoid)
        worlds += [_world(f"seal-{n}", tools, texts, _field(fields, texts, rng), rng) for n in range(SEAL_WORLDS)]
    if (folder / "bfcl").exists():
        worlds += _function_sets(folder / "bfcl", avoid, rng)
    return worlds


def _without(texts: dict[str, list[str]], avoid: NearDuplicates | None) -> dict[str, list[str]]:
    kept = {tool: [t for t in found if avoid is None or not avoid.near(t)] for tool, found in texts.items()}
    return {tool: found for tool, found in kept.items() if found}


def _world(
    name: str, tools: dict[str, str], texts: dict[str, list[str]], candidates: list[str], rng: random.Random
) -> World:
    """A world of some of the candidates; those without texts are only siblings."""
    chosen = rng.sample(candidates, min(len(candidates), TOOLS_PER_WORLD))
    asked = [tool for tool in chosen if tool in texts]
    threads = [thread_of(asked, texts, rng) for _ in range(CONVERSATIONS_PER_WORLD)]
    return _assemble(name, {tool: tools[tool] for tool in chosen}, threads)


def _assemble(name: str, tools: dict[str, str], conversations: list[Conversation]) -> World:
    return World(
        id=name,
        kind="intents",
        product=PolicyText("tools", "Requests to an assistant that has tools"),
        domains=[],
        policies=[PolicyText(tool, description) for tool, description in tools.items()],
        conversations=conversations,
    )


def _metatool(folder: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    tools: dict[str, str] = {}
    for name in ("plugin_des.json", "big_tool_des.json"):
        tools |= json.loads((folder / name).read_text("utf-8"))
    texts: dict[str, list[str]] = defaultdict(list)
    with (folder / "all_clean_data.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts[row["Tool"]].append(row["Query"].strip())
    return tools, texts


def _seal(folder: Path) -> tuple[dict[str, str], dict[str, list[str]], dict[str, list[str]]]:
    """Tools, requests by tool, tools by field. A request for several tools is cut when it has a sentence for each."""
    tools: dict[str, str] = {}
    fields: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder / "tool.jsonl"):
        tools[row["api_name"]] = row["api_description"]
        fields[row["field"].split("/")[0]].append(row["api_name"])
    texts: dict[str, list[str]] = defaultdict(list)
    for name in ("dev", "test_in_domain", "test_out_domain"):
        for row in _rows(folder / f"{name}.jsonl"):
            called = [call["api"] for call in row["calling"]]
            sentences = [row["query"]] if len(called) == 1 else SENTENCE.split(row["query"])
            if len(sentences) == len(called) == len(set(called)):
                for tool, sentence in zip(called, sentences, strict=True):
                    texts[tool].append(LEADING.sub("", sentence).strip())
    return tools, {tool: found for tool, found in texts.items() if tool in tools}, fields


def _field(fields: dict[str, list[str]], texts: dict[str, list[str]], rng: random.Random) -> list[str]:
    """Candidates for a world: tools of one field, and a few of anywhere, so that at least some are asked for."""
    field = rng.choice(sorted(fields))
    near = rng.sample(fields[field], min(len(fields[field]), TOOLS_PER_WORLD // 2))
    asked = sorted(set(texts) & set(fields[field]))
    near = list(dict.fromkeys([*rng.sample(asked, min(len(asked), TOOLS_PER_WORLD // 2)), *near]))
    far = rng.sample(sorted(texts), TOOLS_PER_WORLD)
    return list(dict.fromkeys([*near, *far]))[:TOOLS_PER_WORLD]


def _function_sets(folder: Path, avoid: NearDuplicates | None, rng: random.Random) -> list[World]:
    """Sets of several functions, two in a world; single functions, and requests that none serves, many in a world."""
    sets: dict[tuple[str, ...], tuple[dict[str, str], list[Conversation]]] = {}
    lone: list[tuple[dict[str, str], Conversation]] = []
    for name in ("live_multiple", "live_simple", "multiple", "simple_python", "live_irrelevance", "irrelevance"):
        answers = _answers(folder / "possible_answer" / f"{name}.json")
        for row in _rows(folder / f"{name}.json"):
            functions = {f["name"]: f["description"] for f in row["function"]}
            if any(SCHEMA_GUIDED.match(name) for name in functions):
                continue
            text = row["question"][0][-1]["content"].strip()
            label = OTHER if "irrelevance" in name else answers[row["id"]]
            if (label != OTHER and label not in functions) or (avoid is not None and avoid.near(text)):
                continue
            conversation = Conversation((UserTurn(text, ""),), (label,))
            if len(functions) > 1:
                sets.setdefault(tuple(functions), (functions, []))[1].append(conversation)
            else:
                lone.append((functions, conversation))
    found = list(sets.values())
    rng.shuffle(found)
    worlds = [
        _assemble(f"functions-{n}", {**first[0], **second[0]}, [*first[1], *second[1]])
        for n, (first, second) in enumerate(zip(found[::2], found[1::2], strict=False))
        if not set(first[0]) & set(second[0])
    ]
    for number in range(FUNCTION_WORLDS):
        picked = rng.sample(lone, TOOLS_PER_WORLD)
        tools = {name: text for functions, _ in picked for name, text in functions.items()}
        worlds.append(_assemble(f"lone-functions-{number}", tools, [conversation for _, conversation in picked]))
    return worlds


def _answers(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return {row["id"]: next(iter(row["ground_truth"][0])) for row in _rows(path)}


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)
