"""`python -m unittest signalbox_router.test_byte_weights`: what 8 bits keep of a weight."""

from __future__ import annotations

import unittest

import numpy
import onnx
from onnx import helper, numpy_helper
from onnxruntime import InferenceSession

from .byte_weights import multiply_out, quantise, store_as_bytes

WEIGHT = numpy.random.default_rng(1).normal(size=(128, 3)).astype(numpy.float32)


class ByteWeights(unittest.TestCase):
    """Blocks of 64 along the first axis, each with its scale."""

    def test_is_within_half_a_step_of_the_weight_and_repeats_itself(self) -> None:
        values, scales = quantise(WEIGHT)
        kept = multiply_out(values, scales)
        self.assertTrue((numpy.abs(kept - WEIGHT) <= numpy.abs(scales).repeat(64, 0) / 2 + 1e-6).all())
        again, same_scales = quantise(kept)
        numpy.testing.assert_array_equal(again, values)
        numpy.testing.assert_array_equal(same_scales, scales)

    def test_takes_blocks_of_zeros(self) -> None:
        numpy.testing.assert_array_equal(multiply_out(*quantise(numpy.zeros((64, 2), numpy.float32))), 0)

    def test_leaves_a_graph_that_computes_with_the_kept_weights(self) -> None:
        row, column = (
            helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, w]) for n, w in (("x", 128), ("y", 3))
        )
        node = helper.make_node("MatMul", ["x", "w"], ["y"])
        graph = helper.make_graph([node], "product", [row], [column], [numpy_helper.from_array(WEIGHT, "w")])
        model = store_as_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10))
        self.assertEqual({t.name for t in model.graph.initializer}, {"w_bytes", "w_scales"})
        x = numpy.ones((1, 128), numpy.float32)
        (given,) = InferenceSession(model.SerializeToString()).run(None, {"x": x})
        numpy.testing.assert_allclose(given, x @ multiply_out(*quantise(WEIGHT)), rtol=1e-4)


if __name__ == "__main__":
    unittest.main()
