"""Several independent stretches of turns, policies and threads, packed into one batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .packing import Packed, pack
from .segments import Segment
from .threads import Span, Thread, Threads, batch_threads


@dataclass
class Stretch:
    """Turns and policies to encode, and the threads over them (indices are the stretch's own)."""

    turns: list[Segment]
    policies: list[Segment]
    threads: list[Thread]


@dataclass
class Batch:
    """What the model reads at once."""

    turns: Packed
    policies: Packed
    threads: Threads
    spans: list[Span]

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(self.turns.to(device), self.policies.to(device), self.threads.to(device), self.spans)


def join(stretches: list[Stretch], chunk: int) -> Batch:
    """Packs stretches; `chunk`: segments that the encoder runs at once."""
    turns: list[Segment] = []
    policies: list[Segment] = []
    threads: list[Thread] = []
    owners: list[int] = []
    spans: list[Span] = []
    for number, stretch in enumerate(stretches):
        t, p = len(turns), len(policies)
        threads += [Thread([t + i for i in x.turns], [p + i for i in x.policies], x.labels) for x in stretch.threads]
        owners += [number] * len(stretch.threads)
        turns += stretch.turns
        policies += stretch.policies
        spans.append(
            Span(
                slice(t, len(turns)),
                slice(p, len(policies)),
                max(len(s.ids) for s in stretch.turns),
                max(len(s.ids) for s in stretch.policies),
                torch.empty(0, dtype=torch.long),
            )
        )
    batch = batch_threads(threads)
    for number, span in enumerate(spans):
        span.threads = torch.tensor([row for row, given in enumerate(batch.given) if owners[given] == number])
    return Batch(pack(turns, chunk), pack(policies, chunk), batch, spans)


def in_given_order(logits: Tensor, batch: Batch, threads: list[Thread]) -> list[Tensor]:
    """logits [E, T, P+1] → for every thread as it was given, [its turns, its policies + 1]."""
    out: list[Tensor] = [torch.empty(0)] * len(threads)
    for row, given in enumerate(batch.threads.given):
        thread = threads[given]
        own = logits[row, : len(thread.turns)]
        out[given] = torch.cat((own[:, : len(thread.policies)], own[:, -1:]), dim=1)
    return out
