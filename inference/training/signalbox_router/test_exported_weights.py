"""`python -m unittest signalbox_router.test_exported_weights`: a shipped model can be trained further."""

from __future__ import annotations

import unittest
from pathlib import Path

import torch

from .exported_weights import read_exported
from .model import RouterModel
from .onnx_encoder import OnnxEncoder
from .packing import pack
from .segments import Segmenter

MODEL = Path(__file__).resolve().parents[2] / "models" / "set-router"


class ExportedWeights(unittest.TestCase):
    """The model read back is the model that serves."""

    def test_encodes_as_the_exported_graph(self) -> None:
        model = RouterModel.holding(read_exported(MODEL))
        model.eval()
        segmenter = Segmenter(str(MODEL / "tokenizer.json"))
        segments = [segmenter.turn("can you translate it?", "Here is the letter."), segmenter.policy("translation: …")]
        with torch.no_grad():
            ours = model.encode(pack(segments))
        theirs = OnnxEncoder(MODEL / "encoder.onnx").encode(segments)
        self.assertGreater(float((ours.pooled_first * theirs.pooled_first).sum(-1).min()), 0.998)


if __name__ == "__main__":
    unittest.main()
