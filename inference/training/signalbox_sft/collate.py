"""Batches of packed conversations for a causal language model of transformers."""

from __future__ import annotations

from typing import Any

import torch

from .packing import IGNORED, Packed, visible


def collate(batch: list[Packed], pad: int, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    """Sequences padded to the longest; the mask is additive, [batch, 1, length, length]."""
    length = max(len(p.tokens) for p in batch)
    mask = torch.full((len(batch), 1, length, length), torch.finfo(dtype).min, dtype=dtype)
    # A padded row sees itself: attention over nothing is not a number, and none may reach the gradients.
    mask[:, :, range(length), range(length)] = 0
    for row, packed in enumerate(batch):
        size = len(packed.tokens)
        mask[row, 0, :size, :size].masked_fill_(visible(packed), 0)

    def padded(name: str, value: int) -> torch.Tensor:
        return torch.tensor([getattr(p, name) + [value] * (length - len(p.tokens)) for p in batch])

    return {
        "input_ids": padded("tokens", pad),
        "position_ids": padded("positions", 0),
        "labels": padded("labels", IGNORED),
        "attention_mask": mask,
    }
