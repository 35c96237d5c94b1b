"""The batches of a training run: drawn from a seed and the step's number alone, built by worker processes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .batches import Batch, join
from .segments import Segmenter
from .steps import Step, build_step
from .worlds import World


@dataclass
class Pull:
    """Contrastive targets of one stretch: rows [R] of turns; wanted and ignored [R, M] of its policies."""

    rows: Tensor
    wanted: Tensor
    ignored: Tensor


@dataclass
class Examples:
    """One optimiser step's data."""

    batch: Batch
    pulls: list[Pull]


@dataclass(frozen=True)
class Mixture:
    """How much a step holds: `groups` times some worlds with some conversations each, under some policy sets."""

    groups: int
    worlds: int
    conversations: int
    views: int
    outside_share: float
    chunk: int


class ExampleSet(Dataset[Examples]):
    """Item n is step n's data."""

    def __init__(
        self,
        worlds: list[World],
        outside: list[list[World]],
        mixture: Mixture,
        segmenter: Segmenter,
        seed: int,
    ) -> None:
        self._worlds = worlds
        self._outside = outside
        self._mixture = mixture
        self._segmenter = segmenter
        self._seed = seed

    def __getitem__(self, step: int) -> Examples:
        mixture = self._mixture
        rng = random.Random(self._seed * 1_000_003 + step)
        groups = [
            build_step(self._draw_worlds(rng), mixture.conversations, mixture.views, self._segmenter, rng)
            for _ in range(mixture.groups)
        ]
        return Examples(join(list(groups), mixture.chunk), [_pull(group) for group in groups])

    def _draw_worlds(self, rng: random.Random) -> list[World]:
        """The rate of outside worlds is per group; each outside set is as likely as the others."""
        worlds = rng.sample(self._worlds, self._mixture.worlds)
        if self._outside and rng.random() < self._mixture.outside_share:
            worlds[-1] = rng.choice(rng.choice(self._outside))
        return worlds


def _pull(step: Step) -> Pull:
    rows = sorted(step.positives)
    wanted = torch.zeros(len(rows), len(step.policies), dtype=torch.bool)
    ignored = torch.zeros_like(wanted)
    for row, turn in enumerate(rows):
        wanted[row, list(step.positives[turn])] = True
        ignored[row, list(step.neutral[turn] - step.positives[turn])] = True
    return Pull(torch.tensor(rows, dtype=torch.long), wanted, ignored)


def stream(examples: ExampleSet, start: int, workers: int) -> Iterator[Examples]:
    """Steps from `start` on."""
    steps = range(start, 1_000_000_000)
    yield from DataLoader(examples, batch_size=None, sampler=steps, num_workers=workers)
