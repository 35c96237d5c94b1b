"""Reads the weights of an exported model back, so that training can go on from a shipped one."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from .byte_weights import BYTES, SCALES, multiply_out
from .encoder import HIDDEN

POSITIONS = 512


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
        if node.op_type != "MatMul" or not node.input[1].startswith("onnx::MatMul"):
            continue
        path = node.name.removeprefix("/").rsplit("/", 1)[0].replace("/", ".")
        name = f"encoder.{path}.weight" if path.startswith("layers.") else f"{path}.weight"
        weight = node.input[1]
        if weight + BYTES in arrays:
            array = multiply_out(arrays[weight + BYTES], arrays[weight + SCALES])
        else:
            array = arrays[weight]
        found[name] = torch.from_numpy(array.T.copy())
    return found
