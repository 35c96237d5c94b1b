"""Runs the exported int8 encoder, so that calibration and figures are those of what is shipped."""

from __future__ import annotations

from pathlib import Path

import numpy
import onnxruntime
import torch
from torch.nn.functional import pad

from .interaction import Encoded
from .packing import content_masks
from .segments import Segment


class OnnxEncoder:
    """Encodes segments one at a time, as the engine does; keeps what it has encoded."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._kept: dict[tuple[int, ...], list[torch.Tensor]] = {}

    def _one(self, segment: Segment) -> list[torch.Tensor]:
        if segment.ids not in self._kept:
            first, second = content_masks([segment], len(segment.ids))
            outputs = self._session.run(
                None,
                {
                    "ids": numpy.array([segment.ids], dtype=numpy.int64),
                    "types": numpy.array([segment.types], dtype=numpy.int64),
                    "first": first.numpy(),
                    "second": second.numpy(),
                },
            )
            self._kept[segment.ids] = [torch.from_numpy(x) for x in outputs]
        return self._kept[segment.ids]

    def encode(self, segments: list[Segment]) -> Encoded:
        """The same as `RouterModel.encode` gives for one group."""
        length = max(len(s.ids) for s in segments)
        rows = [self._one(s) for s in segments]
        first, second = content_masks(segments, length)
        return Encoded(
            tokens=torch.stack([pad(r[0], (0, 0, 0, length - len(r[0]))) for r in rows]),
            weights=torch.stack([pad(r[1], (0, length - len(r[1]))) for r in rows]),
            first=first,
            second=second,
            pooled_first=torch.stack([r[2] for r in rows]),
            pooled_second=torch.stack([r[3] for r in rows]),
        )
