"""Reads the weights of an exported model back, so that training can go on from a shipped one."""

from __future__ import annotations

from pathlib import Path

import numpy
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from .encoder import HIDDEN

POSITIONS = 512
INT8_ZERO = 128


def read_exported(folder: Path) -> dict[str, Tensor]:
    """State of a `RouterModel`: the 8-bit weights of encoder.onnx multiplied out, head.onnx as it is.

    The graphs keep the modules' paths as node names. Positions past those exported stay at zero; no segment is as long.
    """
    state = {**_weights(onnx.load(folder / "encoder.onnx")), **_weights(onnx.load(folder / "head.onnx"))}
    state["head.policy.weight"], state["head.policy.bias"] = state.pop("vector.weight"), state.pop("vector.bias")
    state["encoder.word.weight"] = state.pop("encoder.word.table").float() * state.pop("encoder.word.scale")
    positions = torch.zeros(POSITIONS, HIDDEN)
    positions[: len(state["encoder.position.weight"])] = state["encoder.position.weight"]
    return {**state, "encoder.position.weight": positions}


def _weights(graph: onnx.ModelProto) -> dict[str, Tensor]:
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.graph.initializer}
    found = {name: torch.from_numpy(a.copy()) for name, a in arrays.items() if not name.startswith("onnx::")}
    for node in graph.graph.node:
        if len(node.input) < 2 or not node.input[1].startswith("onnx::MatMul"):
            continue
        path = node.name.removeprefix("/").rsplit("/", 1)[0].replace("/", ".")
        name = f"encoder.{path}.weight" if path.startswith("layers.") else f"{path}.weight"
        if node.op_type == "MatMulNBits":
            blocks = arrays[node.input[1]].astype(numpy.float32) - INT8_ZERO
            array = (blocks * arrays[node.input[2]].reshape(*blocks.shape[:2], 1)).reshape(len(blocks), -1)
        else:
            array = arrays[node.input[1]].T
        found[name] = torch.from_numpy(array.copy())
    return found
