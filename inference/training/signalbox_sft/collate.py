"""Batches of packed conversations for a causal language model of transformers."""

from __future__ import annotations

from typing import Any

import torch

from .packing import IGNORED, Packed


def collate(batch: list[Packed], pad: int) -> dict[str, Any]:
    """Sequences padded to the longest, [batch, length] each, and the spans of each for the attention `packed`."""
    length = max(len(p.tokens) for p in batch)

    def padded(name: str, value: int) -> torch.Tensor:
        return torch.tensor([getattr(p, name) + [value] * (length - len(p.tokens)) for p in batch])

    return {
        "input_ids": padded("tokens", pad),
        "position_ids": padded("positions", 0),
        "labels": padded("labels", IGNORED),
        "spans": [p.spans for p in batch],
    }
