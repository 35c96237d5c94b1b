"""Segments as padded tensors, in chunks of similar length."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .segments import Segment


@dataclass
class Chunk:
    """Segments of similar length: ids, types [B, L] (zero where masked), mask [B, L] of 0/1."""

    segments: list[Segment]
    ids: Tensor
    types: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> Chunk:
        """The same on a device."""
        return Chunk(self.segments, *(x.to(device, non_blocking=True) for x in (self.ids, self.types, self.mask)))


@dataclass
class Packed:
    """N segments: their chunks, `order` [N] (row of the chunks' concatenation for each segment), and content masks
    [N, L] of the first and second part."""

    chunks: list[Chunk]
    order: Tensor
    first: Tensor
    second: Tensor

    def to(self, device: torch.device) -> Packed:
        """The same on a device."""
        chunks = [c.to(device) for c in self.chunks]
        return Packed(chunks, *(x.to(device, non_blocking=True) for x in (self.order, self.first, self.second)))


def pack(segments: list[Segment], chunk: int = 40) -> Packed:
    """Sorts by length and pads in chunks of `chunk` segments."""
    by_length = sorted(range(len(segments)), key=lambda i: len(segments[i].ids))
    chunks = []
    for start in range(0, len(by_length), chunk):
        picked = [segments[i] for i in by_length[start : start + chunk]]
        chunks.append(Chunk(picked, *pad(picked)))
    order = torch.empty(len(segments), dtype=torch.long)
    order[torch.tensor(by_length)] = torch.arange(len(segments))
    return Packed(chunks, order, *content_masks(segments, max(len(s.ids) for s in segments)))


def pad(segments: list[Segment]) -> tuple[Tensor, Tensor, Tensor]:
    """ids, types, mask [B, L] of a list of segments."""
    length = max(len(s.ids) for s in segments)
    ids = torch.tensor([list(s.ids) + [0] * (length - len(s.ids)) for s in segments])
    types = torch.tensor([s.types + [0] * (length - len(s.ids)) for s in segments])
    mask = torch.tensor([[1.0] * len(s.ids) + [0.0] * (length - len(s.ids)) for s in segments])
    return ids, types, mask


def content_masks(segments: list[Segment], length: int) -> tuple[Tensor, Tensor]:
    """Masks [N, L] over the content tokens of the first and the second part."""
    place = torch.arange(length)[None]
    first = torch.tensor([s.first for s in segments])[:, None]
    second = torch.tensor([s.second for s in segments])[:, None]
    in_first = (place >= 1) & (place < 1 + first)
    in_second = (place >= 2 + first) & (place < 2 + first + second)
    return in_first.float(), in_second.float()
