"""Weights of a graph's matrix products: 8 bits in the file, 32 when computing."""

from __future__ import annotations

import numpy
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, version_converter

BLOCK = 64
# The first version of ONNX whose DequantizeLinear takes a scale a block.
BLOCKWISE_OPSET = 21
BYTES, SCALES = "_bytes", "_scales"
Floats = NDArray[numpy.float32]


def store_as_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every constant right-hand side [K, N] of a MatMul becomes int8 in blocks of 64 along K, each with a scale.

    The engine has onnxruntime multiply the weights out when a session starts. Float products differ by rounding alone
    from one processor to the next; integer kernels quantise activations too, and each instruction set in its own way.
    """
    model = version_converter.convert_version(model, BLOCKWISE_OPSET)
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        weight = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is not None:
            names = [weight.name + BYTES, weight.name + SCALES]
            arrays = quantise(numpy_helper.to_array(weight))
            graph.initializer.extend(map(numpy_helper.from_array, arrays, names))
            graph.initializer.remove(weight)
            nodes.append(helper.make_node("DequantizeLinear", names, [weight.name], axis=0, block_size=BLOCK))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def quantise(weight: Floats) -> tuple[NDArray[numpy.int8], Floats]:
    """[K, N] → bytes [K, N] and scales [K / 64, N]. A block's largest value is -128 exactly, so that quantising what
    was quantised changes nothing."""
    blocks = weight.reshape(-1, BLOCK, weight.shape[1])
    largest = numpy.take_along_axis(blocks, numpy.abs(blocks).argmax(1, keepdims=True), 1)
    scales = numpy.where(largest == 0, 1, largest / -128).astype(numpy.float32)
    values = numpy.clip(numpy.round(blocks / scales), -128, 127).astype(numpy.int8)
    return values.reshape(weight.shape), scales[:, 0]


def multiply_out(values: NDArray[numpy.int8], scales: Floats) -> Floats:
    """Bytes [K, N] and scales [K / 64, N] → [K, N]."""
    return values.astype(numpy.float32) * scales.repeat(BLOCK, 0)
