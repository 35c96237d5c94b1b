"""Conversations under policy sets, as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Thread:
    """One conversation under one policy set.

    `turns[k]` indexes the encoded turns, `policies[j]` the encoded policies; `labels[k]` is an index into `policies`,
    len(policies) for `other`, -1 for a turn that is not scored.
    """

    turns: list[int]
    policies: list[int]
    labels: list[int]


@dataclass
class Threads:
    """E threads, longest first, of up to T turns and P policies.

    turns [E, T], policies [E, P], mask [E, P] of 0/1, labels [E, T] (P for `other`, -1 where there is nothing to
    score), places: for every turn its row of the flattened [E * T]; `counts[k]`: threads with a turn k; `given`: the
    place of each thread in the list they were made from.
    """

    turns: Tensor
    policies: Tensor
    mask: Tensor
    labels: Tensor
    places: Tensor
    counts: list[int]
    given: list[int]

    def to(self, device: torch.device) -> Threads:
        """The same on a device."""
        tensors = (self.turns, self.policies, self.mask, self.labels, self.places)
        return Threads(*(x.to(device, non_blocking=True) for x in tensors), self.counts, self.given)


@dataclass
class Span:
    """Stretches of the encoded turns and policies that belong together, the longest segment of each, and the threads
    (rows of a `Threads`) that lie in them."""

    turns: slice
    policies: slice
    turn_length: int
    policy_length: int
    threads: Tensor


def batch_threads(threads: list[Thread]) -> Threads:
    """Pads and orders threads."""
    given = sorted(range(len(threads)), key=lambda i: -len(threads[i].turns))
    ordered = [threads[i] for i in given]
    length = len(ordered[0].turns)
    width = max(len(t.policies) for t in ordered)
    counts = [sum(len(t.turns) > k for t in ordered) for k in range(length)]
    labels = [
        [width if label == len(t.policies) else label for label in t.labels] + [-1] * (length - len(t.labels))
        for t in ordered
    ]
    return Threads(
        turns=torch.tensor([t.turns + [t.turns[0]] * (length - len(t.turns)) for t in ordered]),
        policies=torch.tensor([t.policies + [t.policies[0]] * (width - len(t.policies)) for t in ordered]),
        mask=torch.tensor([[1.0] * len(t.policies) + [0.0] * (width - len(t.policies)) for t in ordered]),
        labels=torch.tensor(labels),
        places=torch.tensor([i * length + k for i, t in enumerate(ordered) for k in range(len(t.turns))]),
        counts=counts,
        given=given,
    )
