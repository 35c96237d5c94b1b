"""Reads published BERT encoders of width 384: all-MiniLM-L6-v2 (safetensors) and bge-small-en-v1.5 (ONNX)."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import Tensor

EMBEDDINGS = {
    "word": "embeddings.word_embeddings",
    "position": "embeddings.position_embeddings",
    "token_type": "embeddings.token_type_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
}
LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}


def read_published(path: Path, layers: int) -> dict[str, Tensor]:
    """State of an `Encoder` of `layers` layers, the published encoder's lowest ones; `path` is a `.safetensors` or an
    `.onnx` file with the names of Hugging Face's BERT."""
    raw = _read_onnx(path) if path.suffix == ".onnx" else load_file(path)
    names = dict(EMBEDDINGS)
    for i in range(layers):
        names |= {f"layers.{i}.{ours}": f"encoder.layer.{i}.{theirs}" for ours, theirs in LAYER.items()}
    return {
        f"{ours}.{kind}": raw[f"{theirs}.{kind}"]
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
        if f"{theirs}.{kind}" in raw
    }


def _read_onnx(path: Path) -> dict[str, Tensor]:
    """The exporter gives matrices numbers for names and turns them; the node that uses one keeps the module's path."""
    graph = onnx.load(path).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {name: torch.from_numpy(a.copy()) for name, a in arrays.items() if not name.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1].startswith("onnx::"):
            module = node.name.removeprefix("/").rsplit("/", 1)[0].replace("/", ".")
            found[f"{module}.weight"] = torch.from_numpy(arrays[node.input[1]].T.copy())
    return found
