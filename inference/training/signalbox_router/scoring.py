"""Turn, Span and Conversation accuracy and Overall, as the paper (arXiv 2506.16655) defines them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

SINGLE_TURN_SETS = {"clinc150_single", "mantis", "multidogo"}
LEVELS = ("Turn", "Span", "Conv")


def score(records: Iterable[dict[str, Any]], predictions: dict[str, list[str]]) -> dict[str, Any]:
    """Cells per (data set, scenario) in percent, means per level, Overall."""
    tally: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {level: [0, 0] for level in LEVELS})
    for record in records:
        _tally(record, predictions[record["id"]], tally)
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for (dataset, scenario), counts in tally.items():
        levels = ["Turn"] if dataset in SINGLE_TURN_SETS else ["Turn", "Span"]
        if dataset not in SINGLE_TURN_SETS and scenario != "Irrelevance":
            levels.append("Conv")
        cells[dataset, scenario] = {k: 100 * counts[k][0] / counts[k][1] for k in levels if counts[k][1]}
    means: dict[str, float] = {}
    for level in LEVELS:
        scenarios: dict[str, list[float]] = defaultdict(list)
        for (_, scenario), cell in cells.items():
            if level in cell:
                scenarios[scenario].append(cell[level])
        if scenarios:
            means[level] = sum(sum(v) / len(v) for v in scenarios.values()) / len(scenarios)
    return {"cells": cells, "means": means, "overall": sum(means.values()) / len(means)}


def _tally(record: dict[str, Any], predicted: list[str], tally: dict[tuple[str, str], dict[str, list[int]]]) -> None:
    main = (record["dataset"], record["scenario"])
    irrelevance = (record["dataset"], "Irrelevance")
    whole: dict[tuple[str, str], bool] = {}
    run: tuple[str, bool, tuple[str, str] | None] | None = None
    pairs = [(label, guess) for label, guess in zip(record["labels"], predicted, strict=True) if label is not None]
    for label, guess in [*pairs, (None, None)]:
        if run is not None and label != run[0]:
            if run[2]:
                tally[run[2]]["Span"][0] += run[1]
                tally[run[2]]["Span"][1] += 1
            run = None
        if label is None:
            break
        key = irrelevance if label == "other" else main if record["scenario"] != "Irrelevance" else None
        right = guess == label
        run = (label, right, key) if run is None else (label, run[1] and right, key)
        if key:
            tally[key]["Turn"][0] += right
            tally[key]["Turn"][1] += 1
            if key == main and key != irrelevance:
                whole[key] = whole.get(key, True) and right
    for key, right in whole.items():
        tally[key]["Conv"][0] += right
        tally[key]["Conv"][1] += 1
