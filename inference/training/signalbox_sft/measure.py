"""Turn, Span and Conversation accuracy of a model, from what it would write if it were let write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from signalbox_router.records import Record
from signalbox_router.scoring import score

from .collate import collate
from .packing import IGNORED, Packed

WRONG = "\0wrong"


@torch.inference_mode()
def measure(model, pairs: Sequence[tuple[Record, Packed]], pad: int) -> dict[str, Any]:  # noqa: ANN001
    """A decision is right when every token of its answer is the likeliest one: greedy decoding would write just it."""
    model.eval()
    predictions: dict[str, list[str]] = {}
    for record, packed in pairs:
        right = _right(model, packed, pad)
        predictions[record["id"]] = [
            label if is_right else WRONG for label, is_right in zip(record["labels"], right, strict=True)
        ]
    result = score([record for record, _ in pairs], predictions)
    return {
        **{level: round(value, 1) for level, value in result["means"].items()},
        "Overall": round(result["overall"], 1),
    }


def _right(model, packed: Packed, pad: int) -> list[bool]:  # noqa: ANN001
    batch = collate([packed], pad)
    labels = batch.pop("labels")[0]
    rows = (labels[1:] != IGNORED).nonzero()[:, 0]
    inputs = {name: batch[name].to(model.device) for name in ("input_ids", "position_ids")}
    logits = model(**inputs, spans=batch["spans"], logits_to_keep=rows.to(model.device)).logits[0]
    hit = dict(zip((rows + 1).tolist(), (logits.argmax(-1).cpu() == labels[rows + 1]).tolist(), strict=True))
    by_length = []
    for start, end, _ in packed.spans:
        answers = [hit[index] for index in range(start, end) if index in hit]
        by_length.append((packed.order[len(by_length)], all(answers)))
    return [is_right for _, is_right in sorted(by_length)]
