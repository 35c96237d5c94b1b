"""Benchmark records as examples, to measure a model on worlds it has not seen."""

from __future__ import annotations

from signalbox_router.records import Record, held_out_records
from signalbox_router.worlds import OTHER, World

from .examples import Example


def held_out_examples(worlds: list[World]) -> list[tuple[Record, Example]]:
    """Every record of the held-out worlds, in the scenarios of the paper."""
    return [(record, _example(record)) for record in held_out_records(worlds)]


def _example(record: Record) -> Example:
    turns = tuple((turn["role"], turn["content"]) for turn in record["turns"])
    ends = [index + 1 for index, (role, _) in enumerate(turns) if role == "user"]
    names = [None if label == OTHER else label for label in record["labels"]]
    policies = tuple((p["name"], p["description"]) for p in record["policies"])
    return Example(record["id"], policies, turns, tuple(zip(ends, names, strict=True)))
